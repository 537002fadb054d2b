import { describe, expect, it } from 'vitest';
import { judgeAnswer } from './operator-requests.js';

const answer = (body: string, status = 200, location: string | null = null) => ({ status, location, headers: {}, body });
const check = { name: 'core', url: 'https://api' };

describe('judgeAnswer', () => {
  it('expects 200 unless told otherwise', () => {
    expect(judgeAnswer(check, answer('x'), undefined)).toBe(null);
    expect(judgeAnswer({ ...check, status: 401 }, answer('x', 401), undefined)).toBe(null);
    expect(judgeAnswer(check, answer('', 302, 'https://maintenance'), undefined)).toBe('expected status 200, got 302 to https://maintenance');
  });

  it('expects the body to include what is asked for', () => {
    expect(judgeAnswer({ ...check, bodyIncludes: 'items' }, answer('{"items":[]}'), undefined)).toBe(null);
    expect(judgeAnswer({ ...check, bodyIncludes: 'items' }, answer('x'.repeat(100)), undefined)).toBe(`expected a body that includes "items", got "${'x'.repeat(80)}…"`);
  });

  it.each([
    ['{"version":"v1.54.8"}', 'version', null],
    ['{"build":{"version":"1.54.8"}}', 'build.version', null],
    ['{"version":"1.54.7"}', 'version', 'expected version v1.54.8 at version, got "1.54.7"'],
    ['{"version":null}', 'version.number', 'expected version v1.54.8 at version.number, got nothing'],
    ['<html>', 'version', 'expected JSON with the version at version, got "<html>"'],
  ])('finds the version in %s at %s: %s', (body, versionAt, complaint) => {
    expect(judgeAnswer({ ...check, versionAt }, answer(body), 'v1.54.8')).toBe(complaint);
  });

  it('does not look for a version when none is released', () => expect(judgeAnswer({ ...check, versionAt: 'version' }, answer('x'), undefined)).toBe(null));
});
