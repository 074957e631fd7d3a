/**
 * Names of languages and formats that writers put after a fence, with their usual short forms and file endings, as highlighters know
 * them: https://github.com/github-linguist/linguist/blob/main/lib/linguist/languages.yml
 */
const LANGUAGES = new Set(
  `
  apache asm assembly awk bash basic bat bicep c c# c++ cfg clj clojure cmake cmd code cobol coffee conf config console cpp cron crystal
  cs csh csharp css csv cypher dart diff django docker dockerfile dos dot dotenv ejs elisp elixir elm env erl erlang ex exs f# fish
  fortran fsharp gherkin git go golang gradle graphql graphviz groovy haml handlebars haskell hbs hcl hjson hs html http ini ipython
  java javascript jinja jinja2 jq js json json5 jsonc jsonl jsonnet jsx julia kotlin kql kt kusto latex less liquid lisp log lua
  make makefile markdown math mathematica matlab md mermaid mustache mysql nasm ndjson nginx nim nix none objc objective-c ocaml
  pascal patch perl pgsql php pl plain plaintext plantuml plsql postgres postgresql powershell prolog promql properties proto protobuf
  ps1 psql puppet pwsh py py3 pycon python python3 qml r racket rb re regex rego rs rst ruby rust sass sbt scala scheme scss sed sh
  shell shell-session sh-session smali solidity spl sql sqlite stylus svelte svg swift systemd tcl terraform tex text tf tmpl
  toml ts tsql tsx txt typescript vb vba vbnet verilog vhdl vim vue wasm xhtml xml xquery xsl yaml yml zig zsh
  `
    .trim()
    .split(/\s+/),
);

/** Whether what follows a fence says only how its text is to be coloured, as `json`. */
export function isCodeLanguage(words: string): boolean {
  return LANGUAGES.has(words.toLowerCase());
}
