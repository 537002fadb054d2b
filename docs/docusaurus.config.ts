import type { Config } from '@docusaurus/types';
import type * as Preset from '@docusaurus/preset-classic';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type PrismTheme, themes } from 'prism-react-renderer';
import importCode from './plugins/import-code.mjs';

const repository = 'https://github.com/graasp/graasp-deploy';
const root = resolve(__dirname, '..');
/** Docusaurus' own list of the versions that were cut. */
const hasVersions = existsSync(resolve(__dirname, 'versions.json'));

/** Colours of Prism's themes that are too faint on their background, and what is read instead (WCAG AA). */
const instead: Readonly<Record<string, string>> = {
  '#e3116c': '#b0084f',
  '#36acaa': '#0b6b6a',
  '#d73a49': '#b01e2e',
  '#00a4db': '#00618a',
  '#999988': '#5c6058',
  'rgb(98, 114, 164)': 'rgb(160, 172, 214)',
};

function readable(theme: PrismTheme): PrismTheme {
  return { ...theme, styles: theme.styles.map((each) => ({ ...each, style: { ...each.style, ...(each.style.color === undefined ? {} : { color: instead[each.style.color] ?? each.style.color }) } })) };
}

const config: Config = {
  title: '@graasp/deploy',
  tagline: 'Releases with a database migration, as one typed, resumable recipe',
  favicon: 'img/logo.svg',
  url: 'https://graasp.github.io',
  baseUrl: '/graasp-deploy/',
  organizationName: 'graasp',
  projectName: 'graasp-deploy',
  trailingSlash: true,
  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  future: { v4: true, faster: true },
  markdown: { mermaid: true, format: 'detect', hooks: { onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw' } },
  themes: [
    '@docusaurus/theme-mermaid',
    ['@easyops-cn/docusaurus-search-local', { hashed: 'filename', indexBlog: false, indexPages: true, docsRouteBasePath: '/', docsDir: 'content', highlightSearchTermsOnTargetPage: true, explicitSearchResultPath: true }],
  ],
  plugins: [
    './plugins/browser-packages.mjs',
    './plugins/llms.mjs',
  ],
  presets: [
    [
      'classic',
      {
        docs: {
          path: 'content',
          routeBasePath: '/',
          sidebarPath: './sidebars.ts',
          // pages that are made from the code have none, by their front matter
          editUrl: ({ versionDocsDirPath, docPath }) => `${repository}/edit/main/docs/${versionDocsDirPath}/${docPath}`,
          beforeDefaultRemarkPlugins: [[importCode, { root }]],
          versions: { current: { label: 'next' } },
        },
        blog: false,
        theme: { customCss: './src/css/custom.css' },
        sitemap: { ignorePatterns: ['**/search/**', '**/developer/**'] },
      } satisfies Preset.Options,
    ],
  ],
  themeConfig: {
    image: 'img/social-card.png',
    metadata: [{ name: 'description', content: 'Releases a backend version with a database migration on ECS, RDS and an Application Load Balancer, as one typed, resumable recipe.' }],
    colorMode: { respectPrefersColorScheme: true },
    navbar: {
      title: '@graasp/deploy',
      logo: { alt: '', src: 'img/logo.svg', width: 28, height: 28 },
      items: [
        { type: 'docSidebar', sidebarId: 'docs', label: 'Docs', position: 'left' },
        { to: '/recipes/', label: 'Recipes', position: 'left' },
        { to: '/rehearse/', label: 'Rehearse', position: 'left' },
        { type: 'docSidebar', sidebarId: 'reference', label: 'Reference', position: 'left' },
        ...(hasVersions ? [{ type: 'docsVersionDropdown', position: 'right' } as const] : []),
        { href: repository, label: 'GitHub', position: 'right' },
      ],
    },
    footer: {
      links: [
        { label: 'Five minutes', to: '/start/five-minutes/' },
        { label: 'When a release failed', to: '/recipes/#something-has-failed' },
        { label: 'Errors', to: '/reference/errors/' },
        { label: 'Changelog', to: '/reference/changelog/' },
        { label: 'GitHub', href: repository },
      ],
    },
    prism: { theme: readable(themes.github), darkTheme: readable(themes.dracula), additionalLanguages: ['bash', 'json', 'yaml', 'sql', 'diff'] },
    docs: { sidebar: { hideable: true, autoCollapseCategories: true } },
    tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
  } satisfies Preset.ThemeConfig,
};

export default config;
