"""leakscan finds leaked credentials in git history and working trees.

>>> from leakscan import scan
>>> for finding in scan("path/to/repository"):  # doctest: +SKIP
...     print(finding.title, finding.locations[0].path)
"""

__version__ = "0.1.0"
