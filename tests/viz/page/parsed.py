"""An HTML page taken apart."""

from html.parser import HTMLParser

_VOID = {"meta", "img", "br"}


class Parsed(HTMLParser):
    """Elements with their attributes, and the texts in each kind of element."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self._open = [], {}, []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open:
            self.texts[self._open[-1]][-1] += data

    def all(self, tag):
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]
