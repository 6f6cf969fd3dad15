import { expect, it } from '@jest/globals';
import { ownPath } from './own-path.js';

it.each([
  '/accounts/../users/1',
  '/accounts/..',
  '/accounts/./1',
  '/accounts/%2e%2E/users',
  '/accounts/.%2e/users',
  '/accounts/..\\users',
])('refuses %s, which a browser would take for another path', (path) => {
  expect(new URL(`http://server/api/v1${path}`).pathname).not.toBe(`/api/v1${path}`);
  expect(() => ownPath(path)).toThrow();
});

it.each(['/accounts/1?filter={"value":"../x"}', '/accounts/..%2Fusers', '/accounts/v1.2/..x'])(
  'lets %s be: it stays where it is',
  (path) => {
    expect(new URL(`http://server/api/v1${path}`).pathname).toBe(`/api/v1${path.split('?')[0] ?? ''}`);
    expect(ownPath(path)).toBe(path);
  },
);
