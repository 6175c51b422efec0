"""A page of charts, tables and pictures, as one HTML file that needs no network."""

from nasnet.viz.page.parts import (
    Chart,
    Commands,
    Page,
    Part,
    Picture,
    Row,
    Section,
    Table,
    Text,
    picture_of_png,
    picture_of_svg,
)
from nasnet.viz.page.rendering import render

__all__ = (
    "Chart",
    "Commands",
    "Page",
    "Part",
    "Picture",
    "Row",
    "Section",
    "Table",
    "Text",
    "picture_of_png",
    "picture_of_svg",
    "render",
)
