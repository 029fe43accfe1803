"""What the tests of faults tell at their end: for each kind of fault how often it was tried, handled, and passed without a word."""
import os
from collections import Counter, defaultdict
import pytest

collect_ignore = [] if os.environ.get('BROWSER') else ['browser'] # make test-browser

for part in ('parameters', 'pictures', 'runs', 'tables'): pytest.register_assert_rewrite(f'faults_{part}')

TOLD = pytest.StashKey[dict]() # fault -> Counter

class Tries:
    "Counts the tries of one test."
    def __init__(self): self.tried, self.silent = 0, 0
    def __call__(self, handled:bool, n:int=1): # was it told, by name, and was nothing lost?
        self.tried += n
        self.silent += 0 if handled else n

@pytest.fixture
def tries(request):
    request.node.tries = Tries()
    return request.node.tries

def pytest_configure(config):
    config.addinivalue_line('markers', 'fault(name): what the test does to the kit, as the table at the end calls it')
    config.stash[TOLD] = defaultdict(Counter)

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    "A test that counts no tries is one try."
    report = (yield).get_result()
    mark = item.get_closest_marker('fault')
    if not mark or report.skipped or (report.when != 'call' and report.passed): return
    t, told = getattr(item, 'tries', Tries()), item.config.stash[TOLD][mark.args[0]]
    silent = max(t.silent, int(report.failed))
    told.update(tried=max(1, t.tried), silent=silent, handled=max(1, t.tried)-silent)

def pytest_terminal_summary(terminalreporter, config):
    told = config.stash[TOLD]
    if not told: return
    width = max(map(len, told))
    terminalreporter.section('faults')
    for name, n in [('fault', None), *told.items(), ('all', sum(told.values(), Counter()))]:
        cells = [n[k] for k in ('tried', 'handled', 'silent')] if n is not None else ['tried', 'handled', 'silent']
        terminalreporter.write_line(f'{name:<{width}} ' + ' '.join(f'{c:>8}' for c in cells))
