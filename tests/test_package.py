"""The package's metadata, its pins and its settings agree with each other."""
import json, re, subprocess, sys
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path
import pytest, uda_seg
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from uda_seg.core import root

ini = ConfigParser(delimiters=['='])
ini.read(root()/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
pins = {canonicalize_name(n): v for n, v in (l.split('==') for l in (root()/'constraints.txt').read_text().split() if '==' in l)}
groups = {k: [Requirement(r) for r in cfg[k].split()] for k in cfg if k.endswith('requirements')}
ours = {'requirements', 'smp_requirements', 'dev_requirements'} # what make installs

def misfits(requirements, pins, whole):
    "Requirements that no pin satisfies; where `whole` is False a missing pin is fine."
    pin = lambda r: pins.get(canonicalize_name(r.name))
    return [str(r) for r in requirements if (whole if pin(r) is None else pin(r) not in r.specifier)]

@pytest.mark.parametrize('group', groups)
def test_pins_satisfy_settings(group): assert misfits(groups[group], pins, group in ours) == []

def test_misfits_are_found():
    want = [Requirement(r) for r in ('torch>=2.13,<2.16', 'Pillow>=10', 'kornia')]
    assert misfits(want, {'torch': '2.15.0', 'pillow': '13.0'}, False) == []
    assert misfits(want, {'torch': '2.16.0'}, True) == ['torch<2.16,>=2.13', 'Pillow>=10', 'kornia']

def test_constraints_are_pins_alone():
    "One exact public version a line: a local version, a path or an address holds on one machine only."
    lines = [l for l in (root()/'constraints.txt').read_text().splitlines() if l and l[0] != '#']
    assert [l for l in lines if not re.fullmatch(r'[A-Za-z0-9._-]+==[0-9][0-9a-z.]*', l)] == []
    assert ours <= groups.keys()

def test_the_installed_package_is_this_one():
    d = distribution('uda_seg')
    assert Path(uda_seg.__file__) == root()/'uda_seg'/'__init__.py'
    assert d.version == uda_seg.__version__ == cfg['version']
    assert d.metadata['Requires-Python'] == '>='+cfg['min_python']
    assert {r.split(';')[0].strip() for r in d.requires if 'extra' not in r} == {str(r) for r in groups['requirements']}
    assert set(d.metadata.get_all('Provides-Extra')) == {k.removesuffix('_requirements') for k in groups if '_' in k}
    assert [e.value for e in d.entry_points if e.group == 'nbdev'] == ['uda_seg._modidx:d']

def tagged(tmp_path, *options):
    "The tags of a cell after nbdev_clean, its output before and after."
    cell = dict(cell_type='code', id='a', metadata=dict(tags=['parameters'], scrolled=True), source='a = 1', outputs=[], execution_count=3)
    kernel = dict(name='python3', display_name='x', language='python')
    nb = dict(cells=[cell], metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)
    (tmp_path/'a.ipynb').write_text(json.dumps(nb))
    cmd = [sys.executable, Path(sys.executable).with_name('nbdev_clean'), '--fname', str(tmp_path/'a.ipynb'), *options]
    subprocess.run(cmd, cwd=root(), check=True, capture_output=True)
    return json.loads((tmp_path/'a.ipynb').read_text())['cells'][0]

def test_clean_keeps_the_parameters_tag(tmp_path):
    "Without allowed_cell_metadata_keys in settings.ini the tag goes, and papermill ignores every -p without a word."
    cell = tagged(tmp_path)
    assert cell['metadata'] == {'tags': ['parameters']} and cell['execution_count'] is None
    assert not cfg.getboolean('clear_all')
    assert tagged(tmp_path, '--clear_all')['metadata'] == {}
