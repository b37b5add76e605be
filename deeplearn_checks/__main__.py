"""`python -m deeplearn_checks` is `deeplearn-checks`."""

from deeplearn_checks.cli import main

main()
