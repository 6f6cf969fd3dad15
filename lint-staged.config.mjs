// What a commit checks: only the files it touches, so that it stays quick. `npm run check` looks at everything.
export default {
  '*.{ts,tsx,mjs,cjs}': ['eslint --fix --max-warnings 0', 'prettier --write'],
  '*.{json,yaml,yml,md,css,html}': 'prettier --write',
  '{src,connector,migrations}/**/*.ts': () => 'npm run --silent boundaries',
};
