"""Real data on demand: `fetch(name)` gives the path of a checked file, downloading it the first time."""

from tfm.data.cache import cache_folder, cached, fetch
from tfm.data.download import DataError
from tfm.data.registry import FILES, RemoteFile

__all__ = ["FILES", "DataError", "RemoteFile", "cache_folder", "cached", "fetch"]
