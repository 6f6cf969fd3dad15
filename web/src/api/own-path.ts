import { ApiProblem } from './problem.js';

/**
 * An id in the address bar is whatever somebody put into a link. With `..` in it, a path would lead to another endpoint,
 * called with the rights of whoever followed the link.
 * @param path below the API's root, with its query
 * @returns the path as it is
 * @throws ApiProblem as for a record that is not there
 */
export function ownPath(path: string): string {
  const [place = ''] = path.split(/[?#]/, 1);
  const isAway = place.includes('\\') || place.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (isAway) throw new ApiProblem(404, { code: 'not_found' });
  return path;
}
