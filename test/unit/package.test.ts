/** What is published, and that every version of it is written in one place: package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  name: string;
  version: string;
  license: string;
  private?: boolean;
  files: string[];
  repository: { url: string };
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  engines: { node: string };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** The source of a compiled file; a declaration has the same. */
function sourceOf(compiled: string): string {
  return compiled.replace(/^(?:\.\/)?dist\//, '').replace(/(?:\.d\.ts|\.js)$/, '.ts');
}

describe('the package', () => {
  it('can be published: nothing keeps it private, and it says where it comes from', () => {
    expect(manifest.private).toBeUndefined();
    expect(manifest.repository.url).toMatch(/^git\+https:\/\/.+\.git$/);
    expect(manifest.license).toBe('Apache-2.0');
    expect(manifest.engines.node).toMatch(/^>=\d/);
  });

  it('names commands and entries that are compiled from a source', () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    for (const file of [...Object.values(manifest.bin), ...entries]) {
      expect(existsSync(sourceOf(file)), file).toBe(true);
      if (file.includes('dist/')) {
        expect(
          manifest.files.some((listed) => file.replace('./', '').startsWith(listed)),
          file,
        ).toBe(true);
      }
    }
  });

  it('has no files of development: what is listed is compiled code and what explains it', () => {
    const packed = manifest.files.filter((file) => !file.startsWith('!'));
    expect(packed.filter((file) => /^(?:test|bench|dev)\b|dist\/?$/.test(file))).toEqual([]);
    for (const file of packed.filter((each) => !each.startsWith('dist/'))) {
      expect(existsSync(file), file).toBe(true);
    }
  });

  it('has the version that the lock file has', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      version: string;
      packages: Record<string, { version: string }>;
    };
    expect(lock.version).toBe(manifest.version);
    expect(lock.packages['']?.version).toBe(manifest.version);
  });
});
