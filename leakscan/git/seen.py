"""What an earlier scan has met of an object store, and what has come to it since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakscan.git.catalog import Catalog
from leakscan.git.pack import Bytes, Numbers, make_oids

# More than that is read sooner from the packs than object by object through git.
_FEW = 1_000
_FEW_OF_ALL = 4  # a quarter


@dataclass(frozen=True, slots=True)
class Seen:
    """The ids of the objects that were met, numbered as they stand; those to be read ``again``, by number.

    ``whole`` is how many of them the last scan met that read everything.
    """

    oids: Bytes
    again: Numbers
    whole: int

    def unseen(self, catalog: Catalog) -> Bytes | None:
        """The ids of what has come since, in the catalog's order.

        None where everything is to be read: something has gone, or too much has come since that was done.
        """
        rows = catalog.rows
        new = rows[make_oids(self.oids).find(rows) < 0]
        _, first = np.unique(new, axis=0, return_index=True)
        count = len(self.oids) + len(first)
        if count - self.whole > max(_FEW, count // _FEW_OF_ALL) or (catalog.find(self.oids) < 0).any():
            return None
        return new[np.sort(first)]
