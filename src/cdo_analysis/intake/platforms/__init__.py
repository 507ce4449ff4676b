"""What each survey platform writes around the answers, one module a platform: records in, plain records out.

A platform is found by what stands in the file, or named by the caller. Its module renames headers to the codes of the
questions, takes out what is no answer (rows of labels, placeholders), says which columns play which role, and marks
the records that the platform itself sets apart.
"""

from cdo_analysis.intake.platforms.choose import PLATFORMS, Platform, arrange, find_platform

__all__ = ["PLATFORMS", "Platform", "arrange", "find_platform"]
