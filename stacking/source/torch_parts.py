"""What stands in a file of PyTorch modules in front of the network's own."""

HEAD = '''"""{title}
Written by `nasnet code`; needs PyTorch alone. Images are [N, {channels}, {height}, {width}] from
-1 to 1 (pixels / 127.5 - 1), outputs {outputs}.

    network = Network().eval()
    network.load_state_dict(safetensors.torch.load_file("model.safetensors"))
"""

import torch
import torch.nn.functional as F
from torch import nn
'''
SAME = '''
def pad_same(x, window, stride, value=0.0):
    """TensorFlow's "same": where it is uneven, more at the bottom and the right."""
    pads = []
    for length, size, step in zip(x.shape[:1:-1], window[::-1], stride[::-1]):
        total = max((-(-length // step) - 1) * step + size - length, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value) if any(pads) else x
'''
_CONV = '''
class Conv2d(nn.Conv2d):
    """A convolution of padding "same"."""

    def forward(self, x):
        window = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation)]
        return super().forward(pad_same(x, window, self.stride))
'''
HELPERS = {
    "conv": _CONV,
    "sep_conv": '''
class SeparableConv2d(nn.Module):
    """A depthwise and a pointwise convolution."""

    def __init__(self, channels, filters, kernel, stride=1, dilation=1):
        super().__init__()
        self.depthwise = Conv2d(
            channels,
            channels,
            kernel,
            stride=stride,
            dilation=dilation,
            groups=channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(channels, filters, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))
''',
    "bn": """
def batch_norm(filters):
    return nn.BatchNorm2d(filters, eps={epsilon}, momentum={momentum})
""",
    "max_pool": '''
class MaxPool2d(nn.MaxPool2d):
    """Maxima of windows of padding "same"."""

    def forward(self, x):
        window, stride = [self.kernel_size] * 2, [self.stride] * 2
        return super().forward(pad_same(x, window, stride, float("-inf")))
''',
    "avg_pool": '''
class AvgPool2d(nn.AvgPool2d):
    """Means of windows of padding "same", of what lies in the image."""

    def forward(self, x):
        if self.stride == 1 and self.kernel_size % 2:
            size = self.kernel_size
            return F.avg_pool2d(x, size, 1, size // 2, count_include_pad=False)
        window, stride = [self.kernel_size] * 2, [self.stride] * 2
        inside = pad_same(torch.ones_like(x[:1, :1]), window, stride)
        return super().forward(pad_same(x, window, stride)) / super().forward(inside)
''',
}
INITIAL = """\
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # He initialization by outputs
                outputs = module.weight[:, 0].numel() / module.groups
                nn.init.trunc_normal_(module.weight, std=(2 / outputs) ** 0.5)
"""
