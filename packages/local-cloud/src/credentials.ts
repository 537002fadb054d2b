/** Those of the account that every local cloud is: nothing checks them, but the SDK wants some. */
export const credentials = async () => ({ accessKeyId: 'AKIALOCALCLOUD000000', secretAccessKey: 'local-cloud' });
