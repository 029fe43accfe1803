"""Frozen stages in whole runs: no backward pass, resume to the bit, the teacher, AdaBN; and one precision for training, scores and predictions."""
import pytest, torch
from uda_seg.conformance import run_it
from uda_seg.core import Refused, resolve, scratch_data
from uda_seg.learner import weights_digest
from uda_seg.loaders import loader
from uda_seg.params import check
from uda_seg.run import open_run
from uda_seg.score import load, score_run
from uda_seg.study import Study, train_study

NET = dict(decoder='fpn', encoder='tu-resnet10t', arch_options=dict(decoder_pyramid_channels=32, decoder_segmentation_channels=32))
COMMON = dict(source_options=dict(size=[64, 32], n_source=6), target_options=dict(size=[64, 32], n_target=[6, 2, 2]), size='64x32', iterations=4, start=0,
              subset=4, device='cpu', precision='float32', checkpoint_every=1, methods='adabn,cutmix', model_options=NET, weights='data/weights.pt', frozen=3)

@pytest.fixture(scope='module', autouse=True)
def data():
    "One small world and one file of weights for all of them."
    with scratch_data():
        torch.save(study(frozen=0, weights='none').model.state_dict(), resolve('data/weights.pt'))
        yield

def study(**kw): return Study(check(COMMON | kw))

def trained(s):
    with open_run(s.p) as run: return run_it(s.learner, run)

def state(model, k): # of stage k
    return [t.clone() for m in model.stages[k] for t in m.state_dict().values()]

def same(a, b): return all(map(torch.equal, a, b))

def norms(model, k): return [m for part in model.stages[k] for m in part.modules() if isinstance(m, torch.nn.BatchNorm2d)]

def test_no_backward_pass():
    learn = study().learner
    learn.model.train()
    stages, graphs = learn.model.stages, []
    hooks = [stage[-1].register_forward_hook(lambda m, x, y: graphs.append(y.grad_fn)) for stage in stages]
    learn.model(torch.rand(2, 3, 32, 64)).logits.mean().backward()
    assert len(hooks) == 5 and [g is None for g in graphs] == [True]*3+[False]*2
    frozen = [p for stage in stages[:3] for m in stage for p in m.parameters()]
    assert all(p.grad is None and not p.requires_grad for p in frozen)
    groups = [{id(p) for p in g['params']} for g in learn.opt.opt.param_groups]
    assert not set(map(id, frozen)) & set().union(*groups)
    assert sum(map(len, groups)) + len(frozen) == len(list(learn.model.parameters()))

@pytest.mark.parametrize('stats', ('keep', 'adapt'))
def test_resumes(stats):
    kw = dict(frozen_stats=stats, clip=1., ema_mode='train', ledger_every=2)
    first, whole = study(**kw).model, trained(study(**kw, name=f'whole-{stats}'))
    cut = study(**kw, name=f'cut-{stats}')
    cut.learner.make_loader = lambda first: loader(cut.streams, first, 2, cut.p.workers)
    with pytest.raises(InterruptedError), open_run(cut.p) as run:
        run_it(cut.learner, run)
        raise InterruptedError
    again = trained(study(**kw, name=cut.p.name))
    for net in ('model', 'teacher'):
        a, b = (getattr(l, net) if net == 'model' else l.teacher.model for l in (whole, again))
        assert weights_digest(a) == weights_digest(b)
        assert same(state(first, 0), state(a, 0)) == (stats == 'keep')
        assert all(map(torch.equal, *([p for m in n.stages[2] for p in m.parameters()] for n in (first, a))))
        assert not same(state(first, 3), state(a, 3))

@pytest.mark.parametrize('stats, momentum', (('keep', .1), ('adapt', 0.)))
def test_adabn(stats, momentum):
    "The target's statistics enter the frozen norms that adapt, and no norm that keeps its own."
    s = study(methods='adabn', frozen_stats=stats)
    adabn, frozen = s.learner.methods[0], norms(s.model, 0)
    assert {m in adabn.norms for m in frozen} == {stats == 'adapt'} and norms(s.model, 3)[0] in adabn.norms
    assert {m.momentum for m in frozen} == {momentum} # adabn stops the other batches at the norms it has
    before = frozen[0].running_mean.clone()
    run_it(s.learner)
    assert torch.equal(before, frozen[0].running_mean) == (stats == 'keep')

def test_nothing_left_for_adabn():
    with pytest.raises(ValueError, match='adabn needs a network with batch normalisation that is not frozen'):
        study(methods='adabn', frozen=5, frozen_stats='keep').learner # FPN has GroupNorm

@pytest.mark.parametrize('kw, says', (
    (dict(weights='none'), 'frozen=3 would keep random weights'), (dict(weights='none', start=2), 'would keep random weights'),
    (dict(frozen=6), 'frozen=6: the network names 5 stages of its encoder, so that at most 5 can be frozen'),
    (dict(model='pidnet', model_options={}, frozen=4), 'frozen=4: the network names 3 stages')), ids=str)
def test_refused_before_data_are_opened(kw, says, monkeypatch):
    def opened(*a, **k): raise AssertionError('data were opened')
    monkeypatch.setattr('uda_seg.study.open_domain', opened)
    with pytest.raises(Refused, match=says): study(**kw)

@pytest.mark.parametrize('encoder, want', (('tu-tf_efficientnet_lite0', 'float32'), ('tu-resnet10t', 'bfloat16')))
def test_one_precision(encoder, want, monkeypatch):
    "What auto came to holds for training, scores and predictions, and stands in the run and in its protocol."
    monkeypatch.setattr('torch.cpu.get_capabilities', lambda: {'avx512_bf16': True})
    s = study(precision='auto', methods='source_only', iterations=1, frozen=0, weights='none', model_options=NET | dict(encoder=encoder))
    used = []
    monkeypatch.setattr('uda_seg.score.confusion', lambda *a: used.append(a[4]) or torch.eye(a[2], dtype=torch.int64))
    with open_run(s.p) as run: score_run(s, train_study(s, run), run)
    assert set(used) | {load(run.name).dtype, s.learner.dtype} == {getattr(torch, want)}
    assert run.info['precision'] == run.info['protocol']['precision'] == want and run.info['params']['precision'] == 'auto'
