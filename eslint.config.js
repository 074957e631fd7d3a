import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { ownProperty } from './dev/ownPropertyRule.js';

export default tseslint.config(
  { ignores: ['dist/', 'test-results/', '.sendproof/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and booleans in log lines and error texts are wanted.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { sendproof: { rules: { 'own-property': ownProperty } } },
    rules: { 'sendproof/own-property': 'error' },
  },
  {
    files: ['examples/**/*.mjs'],
    languageOptions: {
      globals: { AbortSignal: 'readonly', console: 'readonly', fetch: 'readonly' },
    },
  },
);
