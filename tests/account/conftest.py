from tests.mailing import link_in  # noqa: F401  # its place until all tests import it from there
