"A grid written out for SLURM: its scripts, run by bash, make the rows; `make test-slurm` hands them to a real one."
import os, re, subprocess, sys
import pytest, yaml
from uda_seg.core import read_json, root
from uda_seg.rows import read_table
from test_grids import TINY

SBATCH = '''#!/bin/bash
echo "$@" >> "$CALLS"
script="${@: -1}"
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$script")
id=$((100+$(wc -l < "$CALLS")))
for k in $(seq 0 "$last"); do
  [ "$script $k" = "$SKIP" ] || SLURM_ARRAY_TASK_ID=$k bash "$script" > "logs/${id}_$k.log" 2>&1 || echo "$script $k ended with $?" >> "$CALLS"
done
echo "$id;one"
''' # does each task in turn but one, as if its time were over, and prints a job id as --parsable does

@pytest.fixture
def place(tmp_path):
    "A project, a grid and an sbatch, all with names that a shell would misread."
    top = tmp_path/"it's a $HOME"
    (top/'data'/'results').mkdir(parents=True); (top/'bin').mkdir()
    for name in ('nbs', 'settings.ini'): (top/name).symlink_to(root()/name)
    (top/'bin'/'sbatch').write_text(SBATCH); (top/'bin'/'sbatch').chmod(0o755)
    (top/'small $grid.yaml').write_text(yaml.safe_dump(dict(base=TINY | dict(iterations=8, start=3), seeds=[0], rows={"it's joint": dict(methods=['joint']), '"cutmix" $1': dict(methods=['cutmix'])}, tests={'"cutmix" $1': "it's joint"})))
    return top

def test_written_submitted_collected(place):
    env = os.environ | dict(UDA_SEG_ROOT=str(place), UDA_SEG_DATA=str(place/'data'), PYTHONPATH=os.pathsep.join([str(root()), os.environ.get('PYTHONPATH', '')]), OMP_NUM_THREADS='1', PATH=f"{place}/bin:{os.environ['PATH']}", CALLS=str(place/'calls'))
    def done(command, **kw):
        r = subprocess.run(command, env=env | kw, cwd=place.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert r.returncode == 0, r.stdout+r.stderr
        return r.stdout
    ablation = [sys.executable, '-m', 'uda_seg.experiment', 'ablation', '-p', 'grid', f'{place}/small $grid.yaml', '-p', 'sbatch', 'data/my array']
    submit = lambda said, **kw: done(['bash', '-c', re.search('`(bash .*)`', said)[1]], **kw)
    calls = lambda: (place/'calls').read_text().splitlines()
    states = lambda: sorted(read_json(f, '')['state'] for f in (place/'data'/'runs').glob('*/run.json'))

    said = done([*ablation, '-p', 'cluster', '{kind: slurm, jobs: 2}'])
    assert '3 jobs in 2 arrays of SLURM are written and nothing is started' in said and not (place/'data'/'runs').exists()
    told = submit(said, SKIP='level_2.sh 1')
    assert calls() == ['--parsable level_1.sh', '--parsable --dependency=afterany:101 level_2.sh'], calls()
    assert told.splitlines() == ['level_1.sh is job 101 of SLURM, 1 task', 'level_2.sh is job 102 of SLURM, 2 tasks'] and states() == ['done']*2

    said = done(ablation)
    assert '1 of 2 runs to do' in said and '1 job in 1 array of SLURM is written' in said
    submit(said, SKIP='')
    assert calls()[2:] == ['--parsable level_1.sh'] and states() == ['done']*3
    assert len(logs := sorted(f.name for f in (place/'data'/'my array'/'logs').iterdir())) == 3, f'the logs of both: {logs}'

    said = done(ablation)
    assert '0 of 2 runs to do' in said and 'SLURM' not in said
    table = read_table(place/'data'/'out'/'small $grid.csv')
    assert sorted(table.row.unique()) == ['"cutmix" $1', "it's joint"] and table.run.nunique() == 2
    assert all(read_json(f, '')['threads'] == 1 for f in (place/'data'/'runs').glob('*/run.json') if 'threads' in read_json(f, ''))
