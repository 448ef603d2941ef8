"""The one door: `python3 manage.py up` sets everything up and runs it, `python3 manage.py test` runs the tests."""

import os
import sys

OLDEST = (3, 11)
TOO_OLD = """\
IncidentOps needs Python 3.11 or newer; this is Python {found} ({where}).
Install a newer one (Debian 12: apt install python3; macOS: brew install python; Windows: python.org) and run
this command with it, for example: python3.11 manage.py {command}
"""


def main() -> int:
    """Exit status: 0 done, 1 the answer is no, 2 wrong usage."""
    arguments = sys.argv[1:]
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(TOO_OLD.format(found=found, where=sys.executable, command=" ".join(arguments) or "up"))
        return 1
    from incidentops import bootstrap  # only now: it need not be readable for an old Python

    try:
        bootstrap.enter(arguments)  # returns inside an environment that has what is needed
    except bootstrap.SetupError as error:
        sys.stderr.write(str(error) + "\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; the next run repairs what was begun.\n")
        return 130
    if arguments[:1] == ["test"]:
        from incidentops import testrun

        return testrun.main(arguments[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.stderr.write(str(error) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
