/** Stands for the snippets of the rules' tests: the type checker wants a file of a project, and here the project is one file. */
export {};
