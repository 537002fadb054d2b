import { describe, expect, it } from 'vitest';
import { queryProtocol } from './query-protocol.js';
import { serviceByTarget } from './service-models.js';

const rds = serviceByTarget('AmazonRDSv19')!;
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

describe('queryProtocol', () => {
  it('replaces what XML cannot hold in an answer, and keeps white space and markup', () => {
    const portion = { LogFileData: ' \u001b[31mERROR\u0000\r\n\t<&> ✓😀\ud800', Marker: '1', AdditionalDataPending: false };
    const { body } = queryProtocol().writeOutput(rds, rds.operation('DownloadDBLogFilePortion')!, portion, 'id');
    expect(textOf(body)).toContain('<LogFileData> \ufffd[31mERROR\ufffd&#x0D;&#x0A;\t&lt;&amp;&gt; ✓😀\ufffd</LogFileData>');
  });

  it('replaces it in the message of an error as well', () => {
    const { body } = queryProtocol().writeError(rds, { code: 'A', queryCode: 'A', status: 400, message: '"a\u0007\r"', detail: {}, schema: undefined }, 'id');
    expect(textOf(body)).toContain('<Message>&quot;a\ufffd&#x0D;&quot;</Message>');
  });
});
