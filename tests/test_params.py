"The parameters cell of train.ipynb and the model in uda_seg.params say the same."
import ast, json
import pytest
from uda_seg.core import root
from uda_seg.apps import AblationParams, BenchmarkParams, EvaluateParams, PaperParams, PseudoLabelParams, SelfTrainParams
from uda_seg.params import Params, TranslationParams

def cell(app):
    "Name -> literal of the cell tagged parameters."
    cells = json.loads((root()/'nbs'/f'{app}.ipynb').read_text(encoding='utf-8'))['cells']
    [src] = [''.join(c['source']) for c in cells if 'parameters' in c['metadata'].get('tags', [])]
    return {d.targets[0].id: ast.literal_eval(d.value) for d in ast.parse(src).body}

@pytest.mark.parametrize('app, model', [('train', Params), ('ablation', AblationParams), ('translate', TranslationParams), ('pseudo_label', PseudoLabelParams), ('self_train', SelfTrainParams), ('evaluate', EvaluateParams), ('paper', PaperParams), ('benchmark', BenchmarkParams)])
def test_defaults_agree(app, model):
    given = cell(app)
    assert set(given) == set(model.model_fields)
    free = {k for k, f in model.model_fields.items() if f.is_required()} # must be given by the user
    made = model(**given | dict.fromkeys(free, 'some'))
    for k in set(given) - free: assert getattr(made, k) == model.model_fields[k].default, k
