"The released codes' behaviour, stated in plain PyTorch or NumPy; what belongs to one loss or one network stands beside it in its notebook."
import warnings
from collections import Counter
import numpy as np, pytest, torch
from torch import nn
from uda_seg.models.deeplabv2 import deeplabv2
from uda_seg.pseudo import ClassBalanced, set_thresholds
from uda_seg.model import Out

def visited(parts):
    "Parameters as the lineage of AdaptSegNet hands its body to SGD: each once for every module that encloses it."
    return [w for part in parts for m in part.modules() for w in m.parameters() if w.requires_grad]

def times(parts): return Counter(map(id, visited(parts))) # visits of each parameter

def nested():
    torch.manual_seed(0)
    return nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Linear(4, 2)).double()

def theirs(net, **kw):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore') # PyTorch advises against a parameter that is listed more than once
        return torch.optim.SGD(visited([net]), foreach=False, fused=False, **kw)

def ours(net, lr, **kw):
    k = times([net])
    return torch.optim.SGD([dict(params=[w], lr=lr*k[id(w)]) for w in net.parameters()], lr=lr, **kw)

def run(net, opt, steps):
    x = torch.randn(16, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        opt.zero_grad(); net(x).square().mean().backward(); opt.step()
    return torch.cat([w.detach().flatten() for w in net.parameters()])

def test_visits():
    net = nested()
    assert [times([net])[id(w)] for w in net.parameters()] == [3, 3, 2, 2]

@pytest.mark.parametrize('steps', [1, 5])
def test_rate_without_momentum(steps):
    "Without momentum and weight decay, k visits are one step at k times the rate: exactly, for any number of steps."
    a, b, c = nested(), nested(), nested()
    moved = run(a, theirs(a, lr=.05), steps)
    torch.testing.assert_close(moved, run(b, ours(b, .05), steps), rtol=0, atol=1e-14)
    assert (moved-run(c, torch.optim.SGD(c.parameters(), lr=.05), steps)).abs().max() > 1e-3 # the printed rate is another

def test_rate_with_weight_decay():
    "Weight decay acts on what the visit before has left: equal but for terms of the second order in lr times decay."
    a, b = nested(), nested()
    gap = run(a, theirs(a, lr=1e-3, weight_decay=.1), 1)-run(b, ours(b, 1e-3, weight_decay=.1), 1)
    assert 0 < gap.abs().max() < 3*1e-3*1e-3*.1

def test_rate_with_momentum():
    "Under a constant gradient both end at the same speed, k·lr·g/(1-momentum); theirs is there sooner, as its memory shortens to momentum^k."
    def speeds(make, steps=300):
        net = nested(); opt = make(net)
        w, path = next(net.parameters()), []
        for _ in range(steps):
            for v in net.parameters(): v.grad = torch.ones_like(v)
            before = w.detach().clone(); opt.step()
            path.append((before-w.detach()).mean().item())
        return np.array(path)
    a, b = (speeds(m) for m in (lambda n: theirs(n, lr=.01, momentum=.9), lambda n: ours(n, .01, momentum=.9)))
    np.testing.assert_allclose([a[-1], b[-1]], 3*.01/(1-.9), rtol=1e-9)
    assert (a[1:20] > b[1:20]*1.05).all()

def test_rate_of_the_recipes():
    """The body of DeepLabV2 on ResNet-101: three visits for most parameters, four in the shortcuts, one in the first convolution. That is 3.06 where
    every element counts alike; the recipes take 3.2, the ratio of how far one step of the released code and one of ours at its printed rate go."""
    with torch.device('meta'): net = deeplabv2(19).net
    parts = [net.conv1, net.bn1, net.layer1, net.layer2, net.layer3, net.layer4]
    k = times(parts); body = [w for p in parts for w in p.parameters() if w.requires_grad]
    assert set(k.values()) == {1, 3, 4}
    assert 3.06 < np.average([k[id(w)] for w in body], weights=[w.numel() for w in body]) < 3.07

def test_class_balance():
    "CBST: over the whole set, each class' confidences in falling order, the one at floor(portion·n) divides, and a quotient below 1 is no label."
    rng = np.random.default_rng(0)
    images = [rng.dirichlet([.4]*4, (6, 7)) for _ in range(5)]
    top, y = (np.concatenate([f(p, -1).ravel() for p in images]) for f in (np.max, np.argmax))
    bar = np.array([np.sort(top[y == c])[::-1][int(.3*(y == c).sum())-1] for c in range(4)])
    bars = set_thresholds([(torch.from_numpy(p.max(-1)), torch.from_numpy(p.argmax(-1))) for p in images], 4, .3).numpy()
    assert (bars <= bar).all() and ((1-bars)/(1-bar) < 1+1/1024).all()
    for p in images:
        quotient = p/bar
        want = np.where(quotient.max(-1) < 1-1e-4, 255, quotient.argmax(-1)) # all that passes exactly, passes by bins
        got = ClassBalanced(4, bars.tolist())(Out(torch.from_numpy(p).permute(2, 0, 1)[None].log())).y[0].numpy()
        np.testing.assert_array_equal(got, want)
