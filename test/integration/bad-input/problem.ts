// What every refusal must look like, and what none may say.
import { expect } from '@jest/globals';
import type { HttpAnswer } from '../access/whole-server.js';

export interface Problem {
  code: string;
  status: number;
  errors?: { path: string; message: string }[];
}

/** Words that come only from the inside: SQL, stacks, drivers, paths. */
export const inside =
  /\bSELECT\b|\bINSERT INTO\b|\bat \S+ \(|node_modules|\.ts:|\.js:|QueryFailed|TypeORM|syntax error at|pg_|stack/;

export function expectProblem(answer: HttpAnswer, status: number, path?: string): void {
  expect({
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: answer.text,
  }).toMatchObject({
    status,
    type: expect.stringMatching(/^application\/problem\+json/),
  });
  const problem = answer.json as Problem;
  expect(problem).toMatchObject({ status, code: expect.stringMatching(/./), requestId: expect.any(String) });
  expect(answer.text).not.toMatch(inside);
  if (path !== undefined) expect(problem.errors?.map((error) => error.path)).toContain(path);
}
