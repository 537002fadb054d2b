/** Version of this library, as journals and locks name it; a test keeps it equal to `package.json`. */
export const libraryVersion = '0.0.0';
