"""How Sphinx builds these pages: `make docs`."""

from nasnet import __version__

project = "NASNet toolkit"
author = "The NASNet toolkit's authors"
version = release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {__version__}"
myst_heading_anchors = 3
nb_execution_mode = "off"  # they are executed, and a test runs their cells
myst_enable_extensions = ["colon_fence"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
add_module_names = False
napoleon_use_ivar = True  # an attribute is described where its class is, once
