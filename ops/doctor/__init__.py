"""`doctor`: what of a stack and its AWS account works, and what mends the rest."""

from ops.doctor.findings import Finding
from ops.doctor.groups import GROUPS, WITHOUT_MAIL, Group, examine
from ops.doctor.report import report

__all__ = ["GROUPS", "WITHOUT_MAIL", "Finding", "Group", "examine", "report"]
