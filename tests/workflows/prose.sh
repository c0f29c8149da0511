#!/bin/bash
# A bad sentence is found: each is planted alone in a copy of the documents and of src/.
. "$(dirname "$0")/common.sh"
lint() { "$repository/.ci/lint-prose" "$work/copy"; }

fresh() {
    rm -rf "$work/copy"
    mkdir "$work/copy"
    cp -r "$repository"/*.md "$repository/docs" "$repository/src" "$work/copy"
}

# plant PAGE TEXT WORDS: the text is put at the end of a page, and the judge says the words.
plant() {
    fresh
    printf '\n%b\n' "$2" >>"$work/copy/$1"
    fails "$3" lint
}

# fine PAGE TEXT: the text is put at the end of a page, and nothing is found.
fine() {
    fresh
    printf '\n%b\n' "$2" >>"$work/copy/$1"
    lint
}

# beginning PAGE TEXT WORDS: a page begins with these lines, and the judge says the words.
beginning() {
    fresh
    printf '%b\n' "$2" >"$work/copy/$1"
    fails "$3" lint
}

fresh
test_that "nothing is found in the pages as they are" lint
page=docs/concepts/faq.md
test_that "a person for an object" plant $page 'Somebody moves the tag.' "$page:"
test_that "a person in the README" plant README.md 'Whoever pulls it can read it.' 'README.md:'
test_that "a person in another document at the root" plant SECURITY.md 'Nobody reads it.' 'SECURITY.md:'
test_that "words of another language in the changelog" plant CHANGELOG.md 'Layers are packed anew.' 'CHANGELOG.md:'
source=src/arch.rs
test_that "a person in a doc comment" plant $source '/// Somebody asks for it.\nfn planted() {}' "$source:"
test_that "is no, in a module doc, across two lines" \
    plant $source '//! The digest is\n//! no secret.' 'comment: is no: write "is not a"'
test_that "inverted order in a doc comment" plant $source '/// The first fails. So do the others.' 'subject first'
test_that "what is right in a doc comment: there is no, no longer, code, and other comments" \
    fine $source '/// There is no index. It is no longer there. `nobody`\n/// ```\n/// let nobody = 1;\n/// ```\n// nobody'
test_that "is no" plant $page 'The digest is no secret.' 'write "is not a"'
test_that "are none" plant $page 'Certificates are none.' 'are none'
test_that "anew" plant docs/checks/secret.md 'Build the image anew.' 'docs/checks/secret.md:'
test_that "those who, across two lines" plant $page 'It is for those\nwho come later.' 'those who'
test_that "inverted order" plant $page 'The first fails. So do the others.' 'subject first'
test_that "behind for after" plant $page 'A word behind the name.' 'write "after"'
test_that "what is there" plant $page 'What is there stays.' 'name the thing'
test_that "a promise without a number" plant $page 'It simply works.' 'leave it out'
test_that "a word that is misspelt" plant $page 'The regsitry answers.' 'regsitry ==> registry'
test_that "a long line" plant $page "$(printf 'word %.0s' {1..30})" 'at most 120'
test_that "a page that begins with a table" beginning docs/guides/new.md '# A task\n\n| a | b |' 'what the reader gets'
test_that "a page without a title" beginning docs/guides/new.md 'A sentence.\n\nAnother.' 'what the reader gets'
test_that "a guide that does not say what its reader gets" beginning docs/guides/new.md '# A task\n\nType this.' 'After this guide'
test_that "a guide that leads nowhere" beginning docs/guides/new.md '# A task\n\nAfter this guide it works.' 'Next step'
test_that "what is right is let be: there is no, is no longer, leaves nothing behind, a proxy" \
    fine $page 'There is no index. The tag is no longer there. It leaves nothing behind. The registry is behind a proxy.'
test_that "code and quotes are not judged" fine $page '`nobody`\n\n```text\nnobody\n```\n\n> nobody'
test_that "pairs of bad and good are not judged" fine $page '<!-- style: off -->\nnobody\n<!-- style: on -->'
echo "prose.sh: $passed passed"
