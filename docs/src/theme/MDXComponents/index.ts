import MDXComponents from '@theme-original/MDXComponents';
import { ScrollableTable } from '../../components/scrollable-table/scrollable-table';

export default { ...MDXComponents, table: ScrollableTable };
