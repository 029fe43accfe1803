"Parameters and options of the wrong type or out of bounds: each is refused before anything is loaded, by its name and its value."
import inspect, json, math
import pytest, yaml
from uda_seg import experiment
from uda_seg.apps import AblationParams, BenchmarkParams, EvaluateParams, ExploreParams, PaperParams, PseudoLabelParams, SelfTrainParams
from uda_seg.conformance import batches, stage
from uda_seg.core import leaves, root, scratch_data
from uda_seg.loop import fit_task
from uda_seg.method import Callback, Method
from uda_seg.params import Params, TranslationParams, _types, check, check_options, run_name, signature
from uda_seg.run import open_run
from uda_seg.study import Study
from uda_seg.types import shown

NAN, INF, LONG = math.nan, math.inf, 'x'*2000
TEXT, WHOLE, NUMBER, TRUTH, PAIR, MAP = [3, True, LONG, 'a\0b', None], [True, -1, 12.5, 'many', NAN, 10**12, [1]], [True, -1, 'fast', NAN, INF, 1e300, [.5]], \
    [2, 'perhaps', None, .5], [0, '256', '0x128', '1000000x1000000', [256], [256.5, 128], [True, 128], [256, 128, 3], {}], [3, 'a', [1], True]
CHOICE = ['much', True, 1, None]

WRONG = { # parameter -> values that nobody can mean
    'name': [3, True, '..', 'a/b', 'a b', '-x\n', 'a'*300, 'ä'*100], 'seed': WHOLE, 'checkpoint_every': [0, *WHOLE], 'live': TRUTH,
    'source': TEXT, 'source_root': TEXT, 'source_options': MAP, 'target': TEXT, 'target_root': TEXT, 'target_options': MAP,
    'subset': ['some', 'All', *WHOLE], 'split_seed': WHOLE, 'size': PAIR, 'source_size': PAIR, 'crop': PAIR,
    'scale': [[0, 1], [1, 1e6], [NAN, 1], [1], 1, 'wide', [True, 1]], 'flip': TRUTH, 'cat_max_ratio': [0, 1.5, *NUMBER],
    'rcs_temperature': [1e-300, 1e-5, 1e5, *NUMBER], 'rcs_min_pixels': [0, *WHOLE], 'batch_source': [0, 5000, *WHOLE],
    'batch_labelled': [0, 5000, *WHOLE], 'batch_target': [0, 5000, *WHOLE],
    'methods': [3, {'cutmix': 1}, [1]], 'options': [{'cutmix': 3}, {'cutmix': None}, *MAP], 'model': TEXT, 'model_options': MAP, 'weights': TEXT,
    'start': WHOLE, 'criterion': TEXT, 'criterion_options': [{'aux_weight': NAN}, *MAP], 'class_balance': [2, *NUMBER], 'source_weight': NUMBER,
    'target_weight': NUMBER, 'iterations': [0, *WHOLE], 'optimiser': CHOICE, 'lr': [0, 1e9, *NUMBER], 'head_lr_mult': [0, *NUMBER],
    'momentum': [1, *NUMBER], 'weight_decay': NUMBER, 'schedule': CHOICE, 'schedule_length': WHOLE, 'power': [0, *NUMBER], 'warmup': WHOLE,
    'clip': NUMBER, 'ema': [1, *NUMBER], 'ema_buffers': CHOICE, 'ema_mode': CHOICE, 'precision': ['float16', *CHOICE],
    'device': ['gpu', 'cuda:x', 'cuda:12345', 'cpu\n', 0], 'cache': CHOICE, 'workers': [100000, 129, *WHOLE], 'ledger_every': [0, *WHOLE],
    'gt_size': CHOICE, 'unlabelled': [0, 'some', 'All', *WHOLE], 'frozen': WHOLE, 'frozen_stats': CHOICE, 'source_weight_end': NUMBER, 'score_every': WHOLE,
    'parent': [3, True, '..', 'a/b', 'a b', 'a'*300], 'pseudo': TEXT, 'batch_pseudo': [0, 5000, *WHOLE], 'pseudo_view': CHOICE, 'pseudo_weight': NUMBER, 'pseudo_weight_end': NUMBER,
    'translator': TEXT, 'preview_every': [0, *WHOLE], 'judge': [3, True, '..', 'a/b', 'a b', 'a'*300], 'into': TEXT}

def says(f, *needles):
    "Whether a call is refused by a ValueError that says all of these."
    try: f()
    except ValueError as e: return all(n in str(e) for n in needles)
    return False

KNOWN = [(m, k) for m in (Params, TranslationParams) for k in m.model_fields if m is Params or k not in Params.model_fields]

@pytest.mark.fault('a parameter of the wrong type or out of bounds')
@pytest.mark.parametrize('model, name', KNOWN, ids=lambda v: v if isinstance(v, str) else '')
def test_parameter(model, name, tries):
    for bad in WRONG[name]:
        deep = isinstance(bad, dict) and NAN in bad.values()
        tries(says(lambda: check({name: bad}, model), f'parameter {name} = {shown(bad)}: ' + ('' if deep else 'must')))
    assert not tries.silent

def bad_values(default):
    "Values that no option with such a default takes."
    if isinstance(default, bool): return [1, 'true', None]
    if isinstance(default, (int, float)): return [True, 'much', 1e300, -1e300, [1]]
    if isinstance(default, str): return [3, True, LONG, None]
    if isinstance(default, (list, tuple)): return ['a', 3, True, [None], None]
    if isinstance(default, dict): return [3, 'a', [1], None]
    return [True, -1e300, [{}]]

OPTIONS = [(shelf, leaf, k, v) for shelf in ('methods', 'models', 'domains', 'translators') for leaf in leaves(shelf)
           for k, v in signature(shelf, leaf).items() if k not in ('root', 'n_classes', 'weights') or shelf == 'methods']

@pytest.mark.fault('an option of the wrong type or out of bounds')
@pytest.mark.parametrize('shelf, leaf, name, default', OPTIONS, ids=lambda v: v if isinstance(v, str) else '')
def test_option(shelf, leaf, name, default, tries):
    for bad in bad_values(default):
        tries(says(lambda: check_options(shelf, leaf, {name: bad}), f'option {name} of {leaf} = {shown(bad)}: must be '))
    assert not tries.silent

ONE = [ # a leaf, an option, values
    ('methods', 'adversarial', 'maps', ['hard', 'Softmax']), ('methods', 'adversarial', 'width', [0, 12.5, 10**6]), ('methods', 'adversarial', 'lr', [0, NAN]),
    ('methods', 'cutmix', 'lam', [-1, NAN, INF]), ('methods', 'cutmix', 'mix_ratio', [1.5, '0.5']), ('methods', 'cutmix', 'images', [-1, 2.5]),
    ('methods', 'masked', 'ratio', [1, -.1]), ('methods', 'masked', 'patch', [0, 1.5]), ('methods', 'fda', 'beta', [.6]), ('methods', 'minent', 'eta', [.4]),
    ('methods', 'augmentation', 'magnitude', [31]), ('methods', 'adabn', 'momentum', [0, 1.1]), ('methods', 'uncertainty', 'scales', [[0], ['1']]),
    ('methods', 'classmix', 'denominator', ['some']), ('methods', 'feature_distance', 'things', [[3], 'car']), ('models', 'deeplabv2', 'depth', [18, 101.5]),
    ('models', 'deeplabv2', 'heads', ['old']), ('models', 'deeplabv2', 'align_corners', [1]), ('models', 'pidnet', 'stem_stride', [3]), ('models', 'pidnet', 'size', ['XXL']),
    ('domains', 'streets', 'n_source', [12.5, 0, True]), ('domains', 'streets', 'n_target', [[6, 2], [6, 2, 0], 6]), ('domains', 'streets', 'dials', [{'haze': 2}, {'haze': 'much'}]),
    ('domains', 'streets', 'workers', [100000]), ('domains', 'streets', 'size', ['64x32', [64, 0]]), ('domains', 'camvid', 'report', ['train']),
    ('domains', 'cityscapes', 'held_out', [-1, 1.5]), ('domains', 'folder', 'classes', [3, {'road': 1.5}, {'road': None}]), ('domains', 'gta5', 'without', [[3], '15188'])]

@pytest.mark.fault('an option of the wrong type or out of bounds')
@pytest.mark.parametrize('shelf, leaf, name, values', ONE, ids=lambda v: v if isinstance(v, str) else '')
def test_option_of_a_run(shelf, leaf, name, values, tries):
    "As a run is given it: with all of its parameters."
    for bad in values:
        run = {'methods': dict(methods=[leaf], options={leaf: {name: bad}}), 'models': dict(model=leaf, model_options={name: bad}),
               'domains': dict(source=leaf, source_options={name: bad})}[shelf]
        finite = not (isinstance(bad, float) and not math.isfinite(bad))
        tries(says(lambda: check(run), f'option {name} of {leaf} = {shown(bad)}: must be ' if finite else f'{leaf}.{name} is {bad}, which is no finite number'))
    assert not tries.silent

PSEUDO = [ # of a method, and what is said of it
    (3, 'option pseudo of cutmix = 3: must be a mapping'), (dict(threshold=.9), 'names no strategy'), (dict(strategy='fixd'), "unknown pseudo-label strategy 'fixd'"),
    (dict(strategy=3), 'unknown pseudo-label strategy 3'), (dict(strategy=['fixed']), "unknown pseudo-label strategy ['fixed']"),
    (dict(strategy='fixed', threshold='.5'), "option threshold of strategy fixed = '.5': must be"), (dict(strategy='fixed', threshold=True), 'option threshold of strategy fixed = True: must be'),
    (dict(strategy='fixed', threshold=3), 'option threshold of strategy fixed = 3: must be'), (dict(strategy='entropy', threshold=1.5), 'option threshold of strategy entropy = 1.5: must be'),
    (dict(strategy='fixed', n_classes=3), "unknown option of strategy fixed 'n_classes'"), (dict(strategy='class_balanced'), 'strategy class_balanced needs thresholds'),
    (dict(strategy='class_balanced', thresholds=['a']), "option thresholds of strategy class_balanced = ['a']: must be"), (dict(strategy='class_balanced', thresholds=.5), 'thresholds of strategy class_balanced = 0.5: must be'),
    (dict(strategy='class_balanced_running', portion=2), 'option portion of strategy class_balanced_running = 2: must be'),
    (dict(strategy='class_balanced_running', momentum=1), 'option momentum of strategy class_balanced_running = 1: must be'),
    (dict(strategy='instance_adaptive', alpha=0), 'option alpha of strategy instance_adaptive = 0: must be'), (dict(strategy='instance_adaptive', gamma=-1), 'option gamma of strategy instance_adaptive = -1: must be'),
    (dict(strategy='fixed', margins=[.5, .5]), 'margins [0.5, 0.5] must be'), (dict(strategy='fixed', margins=[True, 0]), 'margins [True, 0] must be'), (dict(strategy='fixed', margins=.1), 'margins 0.1 must be')]

@pytest.mark.fault('a strategy of pseudo-labels that makes no sense')
@pytest.mark.parametrize('pseudo, needle', PSEUDO, ids=str)
def test_pseudo(pseudo, needle, tries):
    "Refused when the methods are made, which is before any data are opened."
    tries(says(lambda: Study(check(dict(methods='cutmix', options={'cutmix': {'pseudo': pseudo}}))), needle))
    assert not tries.silent

CRITERION = [('ce', 'aux_weight', -1), ('ce', 'aux_weight', True), ('ce', 'class_weight', [1, -1]), ('ce', 'class_weight', 'balanced'), ('ce', 'denominator', 'some'),
             ('ohem', 'keep', 2.5), ('ohem', 'keep', 0), ('ohem', 'threshold', 0), ('pidnet', 'radius', 0), ('pidnet', 'rims', 1), ('pidnet', 'boundary_threshold', 1.5)]

@pytest.mark.fault('an option of the wrong type or out of bounds')
@pytest.mark.parametrize('criterion, name, bad', CRITERION)
def test_criterion(criterion, name, bad, tries):
    tries(says(lambda: Study(check(dict(methods='joint', criterion=criterion, criterion_options={name: bad}))), f'option {name} of criterion {criterion} = {bad!r}: must be '))
    assert not tries.silent

@pytest.mark.fault('a number that is NaN or infinite, deep inside')
@pytest.mark.parametrize('name', [k for k in Params.model_fields if k.endswith('options')])
def test_not_finite(name, tries):
    for v in (NAN, INF, -INF, '{"a": {"b": [1, NaN]}}', "{'a': {'b': [1, 1e999]}}"):
        bad = v if isinstance(v, str) else {'a': {'b': [1, v]}}
        tries(says(lambda: check({name: bad}), f'parameter {name} = ', 'a.b.1 is ', 'which is no finite number'))
    assert not tries.silent

APPS = [(EvaluateParams, 'who', ['both', 1]), (EvaluateParams, 'flip', TRUTH), (EvaluateParams, 'window', PAIR), (EvaluateParams, 'options', MAP), (EvaluateParams, 'run', TEXT),
        (EvaluateParams, 'split', TEXT), (EvaluateParams, 'domain', TEXT), (EvaluateParams, 'root', TEXT), (EvaluateParams, 'gt_size', CHOICE),
        (EvaluateParams, 'scales', [3, ['a'], [0], [-1.]]), (EvaluateParams, 'align_corners', [v for v in TRUTH if v is not None]), (EvaluateParams, 'protocols', TRUTH),
        (PaperParams, 'grid', TEXT), (PaperParams, 'baselines', [3, [3]]), (PaperParams, 'by', CHOICE), (PaperParams, 'into', TEXT), (PaperParams, 'costs', TEXT),
        (PaperParams, 'overlays', TEXT), (PaperParams, 'losses', MAP), (PaperParams, 'loop', MAP), (PaperParams, 'shown', [3, [3]]), (PaperParams, 'rounds', TEXT), (PaperParams, 'palette', CHOICE), (BenchmarkParams, 'blocks', [1, *WHOLE]), (BenchmarkParams, 'steps', [0, *WHOLE]), (BenchmarkParams, 'n_large', [0, *WHOLE]),
        (BenchmarkParams, 'study', MAP), (BenchmarkParams, 'methods', [3, [3]]), (BenchmarkParams, 'run', TEXT), (BenchmarkParams, 'into', TEXT),
        *((AblationParams, k, v) for k, v in dict(grid=TEXT, scale=TEXT, source_root=TEXT, target_root=TEXT, dry=TRUTH, workers=[0, *WHOLE], threads=WHOLE, scheduler=TEXT, gpus=WHOLE, tls=MAP, cluster=MAP, sbatch=TEXT).items()),
        *((ExploreParams, k, v) for k, v in dict(runs=[3, [3]], who=CHOICE, photos=TEXT, domain=TEXT, root=TEXT, options=MAP, split=TEXT).items()),
        *((PseudoLabelParams, k, v) for k, v in dict(run=TEXT, who=CHOICE, pseudo=MAP, precision_wanted=[101, *NUMBER], flip=TRUTH, scales=[3, ['a'], [0], [-1.]], into=TEXT, workers=[129, *WHOLE]).items()),
        *((SelfTrainParams, k, v) for k, v in dict(subset=['some', *WHOLE], seed=WHOLE, rounds=WHOLE, translator=TEXT, translator_options=MAP, originals=NUMBER, study=MAP, pseudo=MAP, who=CHOICE, flip=TRUTH,
                                                   start_from=CHOICE, student=[3, [3], 'a', [{}, 'b']], agreed=[101, *NUMBER]).items())]

@pytest.mark.fault('a parameter of the wrong type or out of bounds')
@pytest.mark.parametrize('model, name, values', APPS, ids=lambda v: v if isinstance(v, str) else '')
def test_app(model, name, values, tries):
    given = {'run': 'a'} if 'run' in model.model_fields and model is not BenchmarkParams else {}
    for bad in values:
        tries(says(lambda: check(given | {name: bad}, model), f'parameter {name} = {shown(bad)}: must be '))
    assert not tries.silent

@pytest.mark.fault('a parameter of the wrong type or out of bounds')
def test_text_without_end():
    assert says(lambda: check({'options': '['*5000}), "parameter options = '[[[", 'must be a mapping')

def test_every_parameter_of_an_app_is_tried():
    for model in (AblationParams, EvaluateParams, ExploreParams, PaperParams, BenchmarkParams, PseudoLabelParams, SelfTrainParams): assert {k for m, k, _ in APPS if m is model} == set(model.model_fields)

@pytest.mark.parametrize('shelf, leaf, name, default', OPTIONS, ids=lambda v: v if isinstance(v, str) else '')
def test_every_option_tells_its_type(shelf, leaf, name, default):
    "And its own default fits it."
    assert _types(shelf, leaf)[name] is not inspect.Parameter.empty
    if default is not ...: check_options(shelf, leaf, {name: default})

GOOD = [ # as a command line, YAML or Python gives them, and what they are taken for
    dict(subset='all'), dict(subset='100'), dict(flip='false'), dict(flip=0), dict(lr='1e-4'), dict(lr=1), dict(size='256x128'), dict(size=[256, 128]), dict(size='(256, 128)'),
    dict(crop='None'), dict(crop=None), dict(split_seed='null'), dict(split_seed=3), dict(methods='adabn, cutmix'), dict(methods="['joint']"), dict(class_balance=0),
    dict(rcs_temperature=0), dict(rcs_temperature=.01), dict(workers=128), dict(batch_source=1), dict(device='cuda:1'), dict(name='a'*150), dict(name='été-1.b'),
    dict(scale=[.5, 1.5]), dict(seed=10**9), dict(clip=0), dict(options="{'classmix': {'lam': 1e-3}}"), dict(options={'classmix': {'lam': 1}}), dict(methods='adversarial', options={'adversarial': {'maps': 'features', 'width': 64}}),
    dict(methods='cutmix', options={'cutmix': {'mix_ratio': None}}), dict(methods='cutmix', options={'cutmix': {'mix_ratio': .5, 'pseudo': {'strategy': 'fixed', 'threshold': .5}}}),
    dict(source_options={'size': [256, 128], 'n_source': 12}), dict(target_options={'n_target': [6, 2, 2], 'dials': {'haze': 0}}),
    dict(target='folder', target_options={'classes': {'road': 1, 'car': [3, '#ff0000']}, 'ignore': [255]}), dict(target='folder', target_options={'classes': 'classes.csv'}),
    dict(source='gta5', source_options={'without': ['15188']}), dict(model='deeplabv2', model_options={'dilations': [6, 12], 'align_corners': True}), dict(model='pidnet', model_options={})]

@pytest.mark.parametrize('values', GOOD, ids=str)
def test_good(values):
    p = check(values)
    assert check(json.loads(p.model_dump_json())) == p # as run.json keeps it

def test_taken_for():
    p = check(dict(flip='false', lr='1e-4', size='256x64', class_balance=0, rcs_temperature=0, subset='7', options="{'classmix': {'lam': 1e-3}}"))
    assert (p.flip, p.lr, p.size, p.subset, p.options) == (False, 1e-4, (256, 64), 7, {'classmix': {'lam': 1e-3}})
    assert isinstance(p.class_balance, float) and isinstance(p.rcs_temperature, float) # the digest of a run sees the difference between 0 and 0.0

def test_a_method_of_your_own(tmp_path, monkeypatch):
    "Without annotations, or with some that are unknown here, the type of the default counts."
    import uda_seg.methods
    monkeypatch.setattr(uda_seg.methods, '__path__', [*uda_seg.methods.__path__, str(tmp_path)])
    (tmp_path/'mine.py').write_text('''
class Mine:
    def __init__(self, lam=1., net:nn.Module=None, sizes:"list[Size]"=(), how:np.ndarray=0, n:int=2, **more): pass''')
    check(dict(methods='mine', options={'mine': dict(lam=2, net='x', sizes=[1, 'a'], how=3.5, n=4, other=[None])}))
    for k, bad in dict(lam='1', sizes=3, how=True, n=2.5).items(): assert says(lambda: check(dict(methods='mine', options={'mine': {k: bad}})), f'option {k} of mine = {bad!r}: must be ')

@pytest.mark.fault('a command line that nobody can mean')
@pytest.mark.parametrize('args, needle', [
    (['-p', 'name', 'a'*300], "parameter name = 'aaaa"), (['-p', 'size', '1000000x1000000'], "parameter size = '1000000x1000000': must be a list of 2, each a whole number from 1 to 16384"),
    (['-p', 'options', '{adversarial: 3}'], "parameter options = {'adversarial': 3}: must be a mapping, each a mapping"), (['-p', 'subset', 'true'], 'parameter subset = True: must be a whole number'),
    (['-y', 'options: {cutmix: {lam: .nan}}'], 'cutmix.lam is nan'), (['-p', 'workers', '100000'], 'parameter workers = 100000'), (['-p', 'rcs_temperature', '1e-300'], 'parameter rcs_temperature'),
    (['-p', 'source_options', '{n_source: 12.5}'], 'option n_source of streets = 12.5: must be a whole number from 1'), (['-p', 'rare_temperature', '1e-300'], 'is called rcs_temperature now')], ids=lambda v: ' '.join(v)[:40] if isinstance(v, list) else '')
def test_command_line(args, needle, capsys, monkeypatch):
    "One line and status 2, before a kernel is started."
    monkeypatch.setattr(experiment, '_run', lambda *a: pytest.fail('a notebook was started'))
    with scratch_data() as d:
        assert experiment.main(['train', *args]) == 2
        assert not list(d.rglob('*'))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith('Refused: before anything was loaded: ') and needle in said[0] and len(said[0]) < 400

def test_automatic_names_are_legal():
    "A run of every method has a folder name, and no present title is cut."
    assert len(run_name(Params(methods=leaves('methods'))).encode()) < 200
    for f in (root()/'nbs'/'recipes').glob('*.yaml'):
        p = check(yaml.safe_load(f.read_text(encoding='utf-8')))
        assert run_name(p).startswith(p.title()+'-')

class Keep(Callback):
    def after_step(self): raise ValueError('the disk of the pictures is gone')

class Spoilt(Method):
    leaf = 'spoilt'
    def after_step(self): assert False # without a word

@pytest.mark.fault('a callback that raises')
@pytest.mark.parametrize('cb, said', [(Keep(), 'the disk of the pictures is gone'), (Spoilt(), 'AssertionError')], ids=['a callback', 'a method'])
def test_callback(cb, said):
    "run.json and the screen have the exception's own words; whose event it was is a note."
    learn = stage(['joint'], batches(stop=1), 1)
    learn.add_cb(cb)
    with scratch_data(), pytest.raises((ValueError, AssertionError)) as e:
        with open_run(Params(name='kept')) as run: fit_task(learn, run)
    assert said in run.info['error'] and 'occured' not in run.info['error'] and run.info['state'] == 'crashed'
    assert e.value.__notes__ == [f'raised by {type(cb).__name__} in after_step']
