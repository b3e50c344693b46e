"""Which ports the programs of the stack take, and where on this machine they listen."""

import socket

import pytest

from tooling import ports


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80 80", "http", "٨٠", "1e3"])
def test_what_is_no_port_is_refused_by_its_name(monkeypatch, text):
    monkeypatch.setenv("API_PORT", text)

    with pytest.raises(ports.PortError, match=f"^API_PORT={text} is not a port"):
        ports.from_environment("API_PORT", 8080)


def test_a_port_is_the_environments_or_the_default(monkeypatch):
    monkeypatch.delenv("API_PORT", raising=False)
    assert ports.from_environment("API_PORT", 8080) == 8080

    monkeypatch.setenv("API_PORT", "18080")
    assert ports.from_environment("API_PORT", 8080) == 18080

    monkeypatch.setenv("API_PORT", "0")
    assert ports.from_environment("API_PORT", 8080, least=0) == 0


@pytest.mark.parametrize("address", ports.addresses())
def test_a_port_is_in_use_on_either_address(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(ports.PortError, match=f"Port {port} is in use.* set API_PORT"):
            ports.require_free(port, "API_PORT")

    ports.require_free(port, "API_PORT")


def test_a_port_is_in_use_for_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        port = busy.getsockname()[1]
        with pytest.raises(ports.PortError, match=f"Port {port} is in use for UDP.* set SES_PORT"):
            ports.require_free_for_udp(port, "SES_PORT")

    ports.require_free_for_udp(port, "SES_PORT")
