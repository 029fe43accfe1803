"""What every file of the project must not hold: another machine's paths, hosts of package registries, heavy pictures."""
import re
from configparser import ConfigParser
import pytest, yaml
from uda_seg.core import root
from uda_seg.laws import FIGURE, own_files

SIGNS = {
    'a home folder': r'(?<![\w.])/(?:home|Users)/(?!you\b)\w+|(?<![\w.])/root/\w|[A-Z]:\\Users\\',
    'a registry host': r'pypi\.org|pythonhosted\.org|download\.pytorch\.org|conda\.anaconda\.org|extra-index-url\s*=',
}
files = own_files(root())

def found(text): return [f'{what}: {m[0]}' for what, sign in SIGNS.items() for m in re.finditer(sign, text)]

def test_signs_are_found():
    home, host = '/ho'+'me/ann/x', 'files.pytho'+'nhosted.org'
    assert found(f'at {home}, from {host}') == ['a home folder: /ho'+'me/ann', 'a registry host: pytho'+'nhosted.org']
    assert found('nbs/home/a github.com/root/a') == []

def test_no_machine_and_no_registry():
    bad = []
    for f in files:
        try: text = (root()/f).read_text(encoding='utf-8')
        except UnicodeDecodeError: continue # a picture or an archive
        bad += [f'{f}: {w}' for w in found(text)]
    assert bad == []

def test_there_are_files():
    pages = {'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'CITATION.cff', 'LICENSE'}
    assert pages | {'settings.ini', 'setup.py', 'constraints.txt', 'nbs/index.ipynb', '.gitattributes'} <= set(files)

def test_contributing_is_short(): assert len((root()/'CONTRIBUTING.md').read_text(encoding='utf-8').split()) <= 900

def test_targets_are_real():
    "Every make target that a page names stands in the Makefile."
    made = set(re.findall(r'^([a-z-]+):', (root()/'Makefile').read_text(encoding='utf-8'), re.M))
    for page in ('README.md', 'CONTRIBUTING.md'):
        named = set(re.findall(r'(?:`|^)make ([a-z-]+)', (root()/page).read_text(encoding='utf-8'), re.M))
        assert named and named <= made, f'{page} names make {sorted(named-made)}, which the Makefile does not have'

def test_citation():
    "The keys that version 1.2.0 of the format requires, and the version of the package."
    cited, ini = yaml.safe_load((root()/'CITATION.cff').read_text(encoding='utf-8')), ConfigParser(delimiters=['='])
    ini.read(root()/'settings.ini', encoding='utf-8')
    assert {'cff-version', 'message', 'title', 'authors'} <= cited.keys() and cited['cff-version'] == '1.2.0'
    assert str(cited['version']) == ini['DEFAULT']['version'] and cited['authors'] == [{'name': ini['DEFAULT']['author']}]

def test_figures_are_small(): assert [f for f in files if f.startswith('figures/') and (root()/f).stat().st_size > FIGURE] == []

@pytest.mark.parametrize('name', ['uda_seg', 'nbs'])
def test_nothing_generated_is_ours(name):
    assert [f for f in files if f.startswith(name+'/') and ('.ipynb_checkpoints' in f or '__pycache__' in f or f.endswith('.tmp'))] == []
