import manifest from '../../package.json' with { type: 'json' };

/** Version of this library, as journals and locks name it. */
export const libraryVersion: string = manifest.version;
