"""Every contract of nbs/43_conformance on every leaf: a failure names both, and the others still run. `-k sure` tries the leaf `sure` alone."""
import io, itertools, shutil, subprocess, sys
import numpy as np
import pytest
import torch
from fastcore.xtras import modified_env
from PIL import Image
from uda_seg import conformance
from uda_seg.conformance import FORMS, conditions, forms, missing_leaves
from uda_seg.core import find, leaves, root
from uda_seg.derived import link, making
from uda_seg.domain import Domain, labelled_subset, open_domain, read_image, read_label
from uda_seg.labelling import label_files, photo_link
from uda_seg.labels import lookup
from uda_seg.loaders import Store
from uda_seg.model import build_model, check_model
from uda_seg.params import Params, TranslationParams
from uda_seg.translator import fit_translation, translate_domain

SHELVES = ('domains', 'models', 'methods', 'translators')
METHODS = leaves('methods')

# The shelves

@pytest.mark.parametrize('shelf', SHELVES)
def test_a_leaf_is_a_notebook_and_its_module(shelf):
    assert missing_leaves(shelf) == set()
    assert len(leaves(shelf)) == len(list((root()/'nbs'/shelf).glob('*.ipynb')))

@pytest.mark.parametrize('name, shelf', [(n, s) for s in SHELVES for n in leaves(s)])
def test_found(name, shelf): assert callable(find(shelf, name))

# Methods, alone

def each(ask):
    "Parameters (leaf, what is tried) of every method; one that cannot be asked fails when its turn comes."
    cases = []
    for name in METHODS:
        try: found = ask(name)
        except Exception as e: found = [('unread', e)]
        cases += [pytest.param(name, given, id=f'{name}-{what}') for what, given in found]
    return pytest.mark.parametrize('name, given', cases)

def asked(given):
    if isinstance(given, Exception): raise given
    return given

def told(options): return ','.join(f'{k}={v}' for k, v in options.items()) or 'default'

def other_forms(name): return [(told(own), own) for own in forms(name)]

def shown_forms(name): return [(told(own), own) for own in ({}, *FORMS.get(name, ()))] # a strategy with a memory may wait before it labels

@each(lambda name: [(what, (sizes, kw)) for what, sizes, kw in conditions(name)])
def test_trains(name, given):
    sizes, kw = asked(given)
    conformance.trains(name, sizes, **kw)

@each(other_forms)
def test_resumes(name, given): conformance.resumes(name, **asked(given))

@each(shown_forms)
def test_reaches(name, given): conformance.reaches(name, **asked(given))

WITHOUT_WEIGHT = {'adabn', 'joint', 'source_only', 'supervised'} # the others that came with the kit have something to turn off

@pytest.mark.parametrize('name', METHODS)
def test_vanishes(name): assert conformance.vanishes(name) == (name not in WITHOUT_WEIGHT)

@pytest.mark.parametrize('share', (.5, 1.))
@pytest.mark.parametrize('name', METHODS)
def test_ignores(name, share): conformance.ignores(name, share)

# Methods, together

@pytest.mark.parametrize('a, b', [*itertools.combinations(METHODS, 2)])
def test_combines(a, b): conformance.combines(a, b)

SETS = (['fda', 'adversarial', 'cutmix'], ['classmix', 'masked'], ['fixmatch', 'minent'], ['adabn', 'adversarial', 'cutmix'],
        ['adabn', 'augmentation', 'classmix', 'masked', 'feature_distance'])

@pytest.mark.parametrize('names', SETS, ids='-'.join)
def test_sets_of_the_field(names): assert conformance.combines(*names)

# Models

OPTIONS = dict(pidnet=dict(size='XS'), deeplabv2=dict(depth=50, multi_level=True), smp=Params().model_options | dict(aux=True)) # small ones; a new leaf's defaults

@pytest.mark.parametrize('name', leaves('models'))
def test_model(name): check_model(lambda: build_model(name, 5, OPTIONS.get(name, {}))) # its stages too: named, or none, and frozen but for the last

# Domains

WORLD = dict(size=(64, 32), n_source=4, n_target=(4, 2, 2), workers=1)
CLASSES = dict(road=1, sky=2, car=3)

def draw(folder, names, labels):
    "Images of 8×6 pixels and masks beside them, ids 1 to 3."
    for f in names:
        for place, a in ((folder, np.full((6, 8, 3), 90)), (labels, np.arange(48).reshape(6, 8) % 3 + 1)):
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(a.astype(np.uint8)).save(place/f'{f}.png')

def streets(folder): return None, dict(WORLD, root=folder)
def gta5(folder): return open_domain('streets', folder, role='source', **WORLD).root, dict(split='all')
def cityscapes(folder): return open_domain('streets', folder, role='target', **WORLD).root, dict(pick='val', report='test')
def camvid(folder):
    for s, n in (('train', 40), ('val', 3)): draw(folder/s, [f'0006R0_f{930+30*i:05}' for i in range(n)], folder/f'{s}annot')
    return folder, {}
def own_folder(folder):
    draw(folder/'images', [f'shot{i:02}' for i in range(40)], folder/'masks')
    return folder, dict(classes=CLASSES)

def translated(folder):
    with modified_env(UDA_SEG_DATA=str(folder)): return translate_domain(fit_translation(translator='fda', source_root=str(folder), target_root=str(folder), source_options=WORLD, target_options=WORLD, size=WORLD['size'], device='cpu', cache='off')), {}
def mixture(folder): return None, dict(parts=[dict(domain='streets', root=str(folder), options=WORLD | dict(seed=k)) for k in (0, 1)])

def pseudo(folder):
    "True labels of the world, filed as pseudo-labels."
    world, root = open_domain('streets', folder, role='target', **WORLD), folder/'pseudo'
    rows, table, told = world.unlabelled, lookup(world.encoding, world.space), world.space
    made = dict(ids=list(rows.id), space=told.name, classes=list(told.classes), colours=list(told.colours), target=dict(name='streets'))
    with making(root, made):
        for r in rows.itertuples():
            link(r.image, photo_link(root, 'streets', r))
            for k, f in label_files(root, 'streets', r.id).items():
                y = read_label(r.label, table)
                f.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(y if k == 'label' else np.full_like(y, 200)).save(f)
    return root, {}

TREES = dict(streets=streets, gta5=gta5, cityscapes=cityscapes, camvid=camvid, folder=own_folder, translated=translated, mixture=mixture, pseudo=pseudo)
DOMAINS = pytest.mark.parametrize('name', leaves('domains'))

@pytest.fixture
def domain(name, tmp_path):
    "The leaf on a small tree of its kind."
    if name not in TREES: pytest.skip(f'no small tree of {name}: add to TREES a function that makes one')
    place, options = TREES[name](tmp_path)
    return open_domain(name, options.pop('root', place), **options)

@DOMAINS
def test_domain_is_a_table_of_files(name, domain):
    assert isinstance(domain, Domain) and domain.name == name and len(domain.labelled) > 1
    for row in domain.files.itertuples():
        assert read_image(row.image).dtype == np.uint8
        if row.label: assert read_label(row.label, lookup(domain.encoding, domain.space)).shape == read_image(row.image).shape[:2]

@DOMAINS
def test_domain_has_its_classes(name, domain):
    table, n = lookup(domain.encoding, domain.space), domain.space.n_classes
    seen = {int(k) for f in domain.labelled.label for k in np.unique(read_label(f, table))}
    assert seen-{255} and seen <= {*range(n), 255}

@DOMAINS
def test_domain_is_the_same_again(name, domain, tmp_path):
    place, options = TREES[name](tmp_path)
    assert open_domain(name, options.pop('root', place), **options).fingerprint() == domain.fingerprint()

@DOMAINS
def test_domain_keeps_its_splits_apart(name, domain):
    held = [set(domain.split(s).image) for s in domain.splits]
    assert sum(map(len, held)) == len(set().union(*held))
    assert domain.pick != domain.report or not domain.pick

@DOMAINS
def test_domain_nests_its_subsets(name, domain):
    few, more = (list(labelled_subset(domain, n, 0).id) for n in (1, 2))
    assert few == more[:1] and len(set(more)) == 2

@DOMAINS
def test_domain_without_labels_opens_none(name, domain, monkeypatch):
    def refuse(*_): raise AssertionError(f'{name}: a label file was opened')
    monkeypatch.setattr('uda_seg.loaders.read_label', refuse)
    store = Store(domain.unlabelled, (16, 8), cache='off') if len(domain.unlabelled) else None
    assert store is None or store.image(0).shape == (8, 16, 3)

@DOMAINS
def test_domain_names_a_wrong_folder(name, domain, tmp_path):
    place, options = TREES[name](tmp_path)
    if place is None: return # drawn where it is missing
    (tmp_path/'empty').mkdir()
    with pytest.raises(FileNotFoundError, match=f'{name}: .*empty does not hold a tree of this kind'): open_domain(name, tmp_path/'empty', **options)

# Translators

@pytest.fixture
def translator(name):
    made = find('translators', name)
    made = made(**made.small)
    with torch.random.fork_rng(): torch.manual_seed(0); made.setup(conformance.rehearsal(TranslationParams(translator=name, options=made.small)))
    return made

TRANSLATORS = pytest.mark.parametrize('name', leaves('translators'))
IMAGES = torch.rand(4, 3, 32, 64, generator=torch.Generator().manual_seed(0)).split(2)

@TRANSLATORS
def test_translator_answers_with_images(name, translator):
    x, t = (v.clone() for v in IMAGES)
    y = translator.translate(x, t)
    assert y.shape == x.shape and y.dtype == x.dtype and 0 <= y.min() and y.max() <= 1 and (y != x).any()
    assert torch.equal(y, translator.translate(x, t)), f'{name}: the same images are translated otherwise the second time'
    assert torch.equal(x, IMAGES[0]) and torch.equal(t, IMAGES[1]), f'{name} changes the images it is given'
    assert torch.allclose(y[1:], translator.translate(x[1:], t[1:]), atol=1e-5), f'{name}: an image depends on its neighbours in the batch'
    back = translator.back(t)
    assert back is None or back.shape == t.shape

@pytest.mark.parametrize('name', [n for n in leaves('translators') if find('translators', n).small])
def test_translator_state_is_all_of_it(name, translator):
    "Two steps after its state was taken back are the two steps that were made before."
    made, batches = find('translators', name), conformance.batches(dict(s=1, t=1), 4)(0)
    for b in batches[:2]: translator.step(b)
    state = torch.load(io.BytesIO(saved(translator.state())), weights_only=True)
    there = [float(translator.step(b)['loss']) for b in batches[2:]]
    other = made(**made.small)
    other.setup(translator.translation)
    other.load_state(state)
    assert [float(other.step(b)['loss']) for b in batches[2:]] == there
    assert torch.equal(other.translate(*IMAGES), translator.translate(*IMAGES))

def saved(state):
    f = io.BytesIO(); torch.save(state, f)
    return f.getvalue()

# The tests themselves

BAD = '''from uda_seg.method import Method

class Bad(Method):
    needs = ('source',)
    def __init__(self, lam:float=1.): self.lam = lam
    def terms(self, batch): return {'l': (self.lam, self.learn.out('s').logits.detach().mean())}
'''

def test_a_failure_names_leaf_and_contract(tmp_path):
    "A method without a gradient fails where it should; what stands behind it is tried all the same."
    shelf = shutil.copytree(root()/'uda_seg'/'methods', tmp_path/'methods')
    (shelf/'bad.py').write_text(BAD)
    start = f'import sys, pytest, uda_seg.methods as m; m.__path__[:] = [{str(shelf)!r}]; sys.exit(pytest.main(sys.argv[1:]))'
    words = ['tests/test_conformance.py', '-q', '-k', 'bad-default or joint-default', '-p', 'no:cacheprovider']
    r = subprocess.run([sys.executable, '-c', start, *words], cwd=root(), capture_output=True, text=True)
    failed = [l.split(' ')[1].split('::')[1] for l in r.stdout.splitlines() if l.startswith('FAILED')]
    assert failed == ['test_reaches[bad-default]'], r.stdout[-3000:]
    assert 'bad: the term bad.l has no gradient in the network' in r.stdout
    assert '1 failed, 3 passed' in r.stdout
