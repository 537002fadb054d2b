import { describe, expect, it } from 'vitest';
import { privateImage, versionTagOf } from './private-image.js';

const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const digest = `sha256:${'0'.repeat(64)}`;

describe('privateImage', () => {
  it.each([
    [`${registry}/shop:web-latest`, { repository: 'shop', tag: 'web-latest', digest: undefined }],
    [`${registry}/team/shop`, { repository: 'team/shop', tag: undefined, digest: undefined }],
    [`${registry}/shop@${digest}`, { repository: 'shop', tag: undefined, digest }],
    [`${registry}/shop:v1.0.0@${digest}`, { repository: 'shop', tag: 'v1.0.0', digest }],
  ])('reads %s', (reference, parts) => {
    expect(privateImage(reference)).toEqual({ accountId: '123456789012', region: 'eu-central-1', ...parts });
  });

  it.each(['redis', 'public.ecr.aws/graasp/graasp:v1.0.0', 'ghcr.io/team/shop:v1.0.0', `evil.test/${registry}/shop:1`])('knows nothing of %s', (reference) => {
    expect(privateImage(reference)).toBeNull();
  });
});

describe('versionTagOf', () => {
  it.each([
    ['core-v1.54.8', 'core-{version}'],
    ['v1.0.0', '{version}'],
    ['v3.56.2-rc1', '{version}'],
    ['core-latest', undefined],
    ['1.54.8', undefined],
    ['v1.0.0-arm64/x', undefined],
  ])('makes of %s %s', (tag, made) => {
    expect(versionTagOf(tag)).toBe(made);
  });
});
