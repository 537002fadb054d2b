"""
Runs commands of the AWS command line as `aws` does, each in a process of its own that has everything imported already.
A line of the input is a command: {"id", "arguments", "stdout", "stderr"}, the latter two names of files. A line of the output tells which has ended, and its exit code.
"""

import json
import os
import signal
import sys

from awscli import clidriver


def run(id, arguments, stdout, stderr):
    if os.fork() != 0:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report = os.dup(1)
    for descriptor, name in ((1, stdout), (2, stderr)):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ['aws', *arguments]
    code = 255
    try:
        code = clidriver.main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(report, json.dumps({'id': id, 'code': code}).encode() + b'\n')
        os._exit(0)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print(json.dumps({'ready': True}), flush=True)
for line in sys.stdin:
    run(**json.loads(line))
