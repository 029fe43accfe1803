"""What a research machine does to the kit: kills, full disks, cut and changed files, wrong types, photographs from phones.

Each fault is told by name with what to do, or it is mended, and nothing is lost. The last lines are a table of what was tried.
`make test-faults` tries more often, through papermill and on real disks. The tests stand in five files by what they break.
"""
from faults_parameters import *
from faults_loop import *
from faults_pictures import *
from faults_runs import *
from faults_tables import *
