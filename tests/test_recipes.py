"Every recipe is accepted, its methods go together and take a step, and every method has a recipe."
import json, re
import pytest, yaml
from uda_seg.conformance import batches, stage
from uda_seg.core import leaves, root
from uda_seg.loop import fit_task
from uda_seg.params import check

RECIPES = sorted((root()/'nbs'/'recipes').glob('*.yaml'))
CAME_WITH = set('adabn adversarial augmentation class_contrast classmix colour_transfer cutmix fda feature_distance fixmatch masked maxsquare '
                'mean_teacher minent self_training uncertainty'.split()) # a method of your own needs no recipe
BASELINES = {'source_only', 'supervised', 'joint'} # no paper's settings: the bounds that every study needs

def top(text): return '\n'.join(l for l in text.splitlines() if l.startswith('#')) # the comment of a recipe

@pytest.mark.parametrize('path', RECIPES, ids=lambda p: p.stem)
def test_recipe(path):
    text = path.read_text(encoding='utf-8')
    cited = path.stem == 'class_contrast' or re.search(r' 20[0-2]\d\b', top(text)) # the thesis's own idea has no paper
    assert text.startswith('# ') and cited, 'the citation goes on top'
    p = check(yaml.safe_load(text))
    make = batches(stop=1) if p.crop or p.size == p.source_size else of_two_sizes
    learn = stage(p.methods, make, 1, p.options)
    fit_task(learn)
    assert learn.it == 1

@pytest.mark.parametrize('path', RECIPES, ids=lambda p: p.stem)
def test_says_what_it_follows(path):
    "The paper or the released code; and where the body's rate is the released code's effective one, that too."
    text = path.read_text(encoding='utf-8')
    assert path.stem == 'class_contrast' or 'Follows ' in top(text)
    assert ('# Rates: ' in top(text)) == (check(yaml.safe_load(text)).head_lr_mult == 3.125)

def of_two_sizes(start):
    "Without a crop, source images keep a size of their own."
    b, = batches(stop=1)(0)
    return [{k: v.repeat_interleave(2, -1).repeat_interleave(2, -2) if k in ('x_s', 'y_s') else v for k, v in b.items()}]

def test_every_method_has_one():
    named = {m for f in RECIPES for m in check(yaml.safe_load(f.read_text(encoding='utf-8'))).methods}
    assert named-BASELINES == CAME_WITH and named | BASELINES <= set(leaves('methods'))

@pytest.mark.parametrize('method', sorted(CAME_WITH))
def test_pictured(method):
    "Its notebook holds a picture; what it shows is for eyes."
    cells = json.loads((root()/'nbs'/'methods'/f'{method}.ipynb').read_text(encoding='utf-8'))['cells']
    assert any('image/png' in o.get('data', {}) for c in cells for o in c.get('outputs', []))
