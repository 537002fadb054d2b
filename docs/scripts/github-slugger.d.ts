/** Its version is Docusaurus' own, so that anchors are the same, and comes without types. */
declare module 'github-slugger' {
  class Slugger {
    slug(text: string): string;
  }
  export = Slugger;
}
