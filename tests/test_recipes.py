"Every recipe is accepted, its methods go together and take a step, and every method has a recipe."
import pytest, yaml
from uda_seg.conformance import stage
from uda_seg.core import leaves, root
from uda_seg.params import check

RECIPES = sorted((root()/'nbs'/'recipes').glob('*.yaml'))
BASELINES = {'source_only', 'supervised', 'joint'} # no paper's settings: the bounds that every study needs

@pytest.mark.parametrize('path', RECIPES, ids=lambda p: p.stem)
def test_recipe(path):
    text = path.read_text(encoding='utf-8')
    assert text.startswith('# ') and any(f' {year}' in text.split('\nsource')[0] for year in range(2000, 2030)) or path.stem == 'class_contrast', 'the citation goes on top'
    p = check(yaml.safe_load(text))
    learn = stage(p.methods, stop=1, options=p.options)
    learn.train()
    assert learn.it == 1

def test_every_method_has_one():
    named = {m for f in RECIPES for m in check(yaml.safe_load(f.read_text(encoding='utf-8'))).methods}
    assert named | BASELINES == set(leaves('methods'))
