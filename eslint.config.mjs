import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const maxFileLines = { max: 400, skipBlankLines: true, skipComments: true };
const maxFunctionLines = { max: 40, skipBlankLines: true, skipComments: true };

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '.holdfast/', 'coverage/', 'web/public/']),
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', maxFileLines],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest's modules and DTOs are classes that hold nothing but decorators
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // a key that comes from data, not from a declaration, may look like one
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // Nest takes plain objects where its types name classes
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // numbers in texts are meant
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // handlers of events may be arrows that answer nothing
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // Nest finds out by the emitted types what to inject, which a type-only import would erase
    files: ['src/**/*.ts', 'connector/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['src/**/*.ts', 'connector/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'max-lines-per-function': ['error', maxFunctionLines] },
  },
  {
    files: ['src/**/*.ts', 'connector/**/*.ts', 'migrations/**/*.ts', 'web/src/**/*.{ts,tsx}'],
    ignores: ['src/platform/config/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Configuration is read once, in src/platform/config; take it through the constructor.',
        },
      ],
    },
  },
  {
    // the server logs objects through pino; only commands talk to a terminal
    files: ['src/**/*.ts', 'connector/**/*.ts'],
    ignores: ['src/cli/**', '**/*.spec.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // the SQL of a migration is as long as it is
    files: ['migrations/**/*.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
      },
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    ignores: ['web/**'],
    languageOptions: {
      globals: { setTimeout: 'readonly', clearTimeout: 'readonly', AbortSignal: 'readonly' },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
  prettier,
);
