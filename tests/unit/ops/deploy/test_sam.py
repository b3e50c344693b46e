"""What of SAM CLI's many lines is shown."""

from ops.deploy.sam import worth_showing

SAID = """\
	Deploying with following values
	===============================
	Stack name                   : mail
	Parameter overrides          : {"SenderDomain": "example.com"}
	Signing Profiles             : {}

CloudFormation events from stack operations (refresh every 5.0 seconds)
CREATE_COMPLETE    AWS::SQS::Queue

CloudFormation outputs from deployed stack
------------------------------------------
Key                 ApiUrl
------------------------------------------

Successfully created/updated stack - mail in eu-central-1
"""


def test_what_is_printed_before_and_after_by_ourselves_is_left_out() -> None:
    shown = "".join(worth_showing(SAID.splitlines(keepends=True)))

    assert "Parameter overrides" not in shown
    assert "ApiUrl" not in shown
    assert "AWS::SQS::Queue" in shown
    assert shown.endswith("\nSuccessfully created/updated stack - mail in eu-central-1\n")
