"""How tests enforce the annotations: beartype, for which an int is a float, as it is for Python's typing."""

from beartype import BeartypeConf
from beartype import beartype as plain_beartype

beartype = plain_beartype(conf=BeartypeConf(is_pep484_tower=True))
