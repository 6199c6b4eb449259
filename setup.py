"""What pyproject.toml cannot say: the wheel holds the house library, which lies beside the package here."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        # An editable install reads them where they are.
        if not self.editable_mode:
            target = Path(self.build_lib, "segdsl", "library", "files")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree("segments", target, ignore=shutil.ignore_patterns("*.py", "__pycache__", "memberships*"))


setup(cmdclass={"build_py": BuildWithLibrary})
