import { execFile } from 'node:child_process';

/** The Python that Debian's python3-cryptography and python3-zstandard belong to; npm test installs them. */
const PYTHON = '/usr/bin/python3';

export function runPython(args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(PYTHON, args, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error ?? new Error('python ended without an exit code'));
    });
  });
}
