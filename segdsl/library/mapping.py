"""The words of the library's catalog in the catalog of a project.

In: the words that are needed, both catalogs, and what a person has said (`order=purchase`, `order.amount=total`,
`order.delivery.express=fast`). Out: for each word what it is called there, and a `Question` for each that cannot be
known: nothing is guessed from types alone. Promised: what is found has the same kind of values, and is linked alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from segdsl.compiler import BadRequest
from segdsl.diagnostics import did_you_mean, listed
from segdsl.library.words import Use, Word
from segdsl.semantics.catalog import Catalog, Column, Table
from segdsl.semantics.claims import plurals
from segdsl.semantics.scope import paths_up
from segdsl.semantics.types import Boolean, Date, Number, Point, Text, TextList, Timestamp, Type, described

# What people call the tables and columns of the library. In lower case, one of many, without underscores.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "company": ("account", "organization", "organisation", "business", "firm", "employer"),
    "order": ("purchase", "sale", "transaction", "receipt", "invoice", "booking"),
    "order_line": ("orderitem", "line", "lineitem", "item", "purchaseline", "saleline", "basketitem"),
    "product": ("article", "item", "sku", "good"),
    "visit": ("session", "webvisit", "pageview", "websession"),
    "cart": ("basket", "shoppingcart", "checkout", "bag"),
    "question": ("inquiry", "enquiry", "request", "ticket", "supportticket", "conversation"),
    "mail": ("email", "message", "mailing", "newsletter", "emailsent", "send", "sentmail", "sentemail"),
    "survey": ("answer", "response", "surveyanswer", "surveyresponse", "nps", "feedback", "rating"),
    "referral": ("invitation", "recommendation", "invite"),
    "customer.signed_up": ("signupat", "signup", "signupdate", "createdat", "created", "registeredat", "joinedat"),
    "customer.birthday": ("birthdate", "dateofbirth", "dob", "born", "bornon"),
    "customer.children": ("childrencount", "kid", "kidscount", "numberofchildren", "childcount"),
    "customer.household_income": ("income", "annualincome", "yearlyincome"),
    "customer.moved_in": ("movedinat", "movedinon", "moveddate", "movedat", "addresssince"),
    "customer.country": ("countrycode", "land"),
    "customer.city": ("town", "cityname", "locality"),
    "customer.home": ("location", "address", "coordinate", "position", "homelocation"),
    "customer.language": ("locale", "lang", "preferredlanguage", "languagecode"),
    "customer.interests": ("hobby", "interest", "topic"),
    "customer.concerns": ("value", "concern", "priority", "belief"),
    "customer.email": ("emailaddress", "mail", "mailaddress", "contactemail"),
    "customer.email_opt_in": (
        "optin", "newsletter", "emailconsent", "acceptsmarketing", "marketingoptin", "subscribed", "emailpermission",
    ),
    "company.industry": ("sector", "branch", "industryname"),
    "company.employees": ("employeecount", "headcount", "staff", "numberofemployees", "size"),
    "order.amount": ("total", "totalamount", "ordertotal", "value", "revenue", "netamount", "net", "grandtotal"),
    "order.discount": ("discountamount", "rebate", "couponsaving", "saving", "reduction", "totaldiscount"),
    "order.channel": ("saleschannel", "orderchannel"),
    "order.delivery": ("deliverymethod", "shippingmethod", "shipping", "fulfilment", "fulfillment", "deliverytype"),
    "order_line.spent": ("amount", "total", "linetotal", "value", "net", "lineamount"),
    "product.category": ("productcategory", "categoryname", "department", "type"),
    "product.brand": ("brandname", "manufacturer", "make", "vendor"),
    "product.price_level": ("pricetier", "tier", "priceclass"),
    "visit.device": ("devicetype", "devicecategory", "platform"),
    "visit.in_app": ("app", "isapp", "viaapp", "inmobileapp"),
    "cart.worth": ("amount", "total", "value", "carttotal", "cartvalue", "subtotal"),
    "mail.opened": ("isopened", "wasopened", "open"),
    "mail.clicked": ("isclicked", "wasclicked", "click"),
    "survey.recommends": ("score", "nps", "rating", "npsscore", "recommendation"),
}  # fmt: skip


# By the links and the name that lead to each.
Columns = Mapping[tuple[str, ...], Column]


@dataclass(frozen=True, slots=True)
class Question:
    """A word that cannot be found: what it is, what may be meant, and why it is not clear."""

    word: Word
    about: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What each word is called, what could not be found, and what was `assumed`, for a person to look at."""

    names: dict[Word, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    assumed: dict[Word, str] = field(default_factory=dict)

    def table(self, name: str) -> str | None:
        return self.names.get(Word(name))


def mapped(
    words: Iterable[Word], library: Catalog, own: Catalog, said: Mapping[str, str], also: Iterable[Word] = ()
) -> Mapped:
    """What `words` are called in the catalog `own`, and those of `also` that can be found.

    Raises `BadRequest` when what a person has said cannot be.
    """
    wanted = set(words)
    found = _found({*wanted, *also}, library, own, said)
    questions = [each for each in _each_once(found.questions) if each.word in wanted]
    assumed = {word: text for word, text in found.assumed.items() if word in wanted}
    return replace(found, questions=questions, assumed=assumed)


def _found(words: set[Word], library: Catalog, own: Catalog, said: Mapping[str, str]) -> Mapped:
    found = Mapped()
    needed = sorted(words)
    _refuse_unknown(said, library)
    tables = {word.table for word in needed}
    # The entity first, and then from it outwards: a table is known by what it is linked to.
    for table in sorted(tables, key=lambda name: (name != library.entity, len(_to_entity(library, name)), name)):
        _map_table(table, library, own, said, found)
    for word in needed:
        here = found.table(word.table)
        if here is None:
            continue
        if word.plural:
            found.names[word] = plurals(here)[0]
        elif word.value:
            _map_value(word, library, own, said, found)
        elif word.name in library.tables[word.table].links:
            _map_link(word, library, own, said, found)
        elif word.name == "at":
            if own.tables[here].at_type is None:
                message = f"`{here}` needs a time (`at` in catalog.yml): that of {_described(word, library)}"
                found.questions.append(Question(Word(word.table), message, ()))
        elif word.name == "key":
            found.names[word] = own.tables[here].key or ""
        elif word.name:
            _map_column(word, library, own, said, found)
    return found


def _refuse_unknown(said: Mapping[str, str], library: Catalog) -> None:
    for text in said:
        table, _, rest = text.partition(".")
        name = rest.partition(".")[0]
        if table not in library.tables:
            help = did_you_mean(table, library.tables, f"its tables are {listed(library.tables)}")
            raise BadRequest(f"the library has no table `{table}`", help)
        known = [*library.tables[table].columns, *library.tables[table].links]
        if name and name not in known:
            help = did_you_mean(name, known, f"it has {listed(known)}")
            raise BadRequest(f"the library's table `{table}` has no column `{name}`", help)


def _to_entity(catalog: Catalog, table: str) -> tuple[str, ...]:
    return next(iter(paths_up(catalog, table, catalog.entity)), ())


# --- tables -------------------------------------------------------------------------------------------


def _map_table(table: str, library: Catalog, own: Catalog, said: Mapping[str, str], found: Mapped) -> None:
    word = Word(table)
    if table in said:
        name = said[table]
        if name not in own.tables:
            help = did_you_mean(name, own.tables, f"its tables are {listed(own.tables)}")
            raise BadRequest(f"catalog.yml has no table `{name}`", help)
        if table == library.entity and name != own.entity:
            message = f"segments of catalog.yml are sets of `{own.entity}`: `{table}` cannot be `{name}`"
            raise BadRequest(message, f"leave out `--map {table}={name}`")
        found.names[word] = name
        return
    if table == library.entity:
        found.names[word] = own.entity
        return
    taken = set(found.names.values())
    free = [each for each in own.tables.values() if each.name not in taken]
    # A table of purchases whose rows cannot be told apart may hold the lines of receipts.
    is_one_each = library.tables[table].key is not None
    free.sort(key=lambda each: is_one_each and each.key is None)
    ranked = [[each.name for each in free if _calls(each.name, table, tier)] for tier in range(3)]
    stored = [each.name for each in free if any(_calls(each.stored_in[-1], table, tier) for tier in (0, 1))]
    ranked.insert(2, [name for name in stored if name not in ranked[0]])
    best = next((names for names in ranked if names), [])
    if len(best) == 1 and (own.tables[best[0]].key is not None or not is_one_each or best[0] == table):
        found.names[word] = best[0]
        return
    options = best or [each.name for each in free]
    found.questions.append(Question(word, _described(word, library), tuple(options)))


def _calls(name: str, word: str, tier: int) -> bool:
    """Whether somebody's name says a word of the library: as it is, of several or spelled otherwise, or a synonym."""
    said = word.rpartition(".")[2]
    if tier == 0:
        return name == said
    if tier == 1:
        return _plain(name) == _plain(said)
    return _plain(name) in {_plain(each) for each in SYNONYMS.get(word, ())}


def _plain(name: str) -> str:
    """In lower case, one of many, without what stands between the words: `Order_Items` as `orderitem`."""
    text = "".join(char for char in name.lower() if char.isalnum())
    if text.endswith("ies"):
        return f"{text[:-3]}y"
    return text[:-1] if text.endswith("s") and not text.endswith("ss") else text


# --- columns ------------------------------------------------------------------------------------------


def _map_column(word: Word, library: Catalog, own: Catalog, said: Mapping[str, str], found: Mapped) -> None:
    table = own.tables[found.names[Word(word.table)]]
    type_ = library.tables[word.table].columns[word.name].type
    if word.text in said:
        found.names[word] = _said_column(word, said[word.text], table, own, type_)
        return
    # The columns of the table come before those that one link leads to.
    near: Columns = {(each.name,): each for each in table.columns.values() if _is_alike(type_, each.type)}
    far: Columns = {
        (link.name, each.name): each
        for link in table.links.values()
        for each in own.tables[link.table].columns.values()
        if _is_alike(type_, each.type)
    }
    best = _best(near, word) or _best(_parts_of(table, word, far, library), word)
    if len(best) == 1:
        found.names[word] = best[0]
        return
    options = best or [".".join(path) for path in (*near, *far)]
    found.questions.append(Question(word, _described(word, library), tuple(options)))


def _parts_of(table: Table, word: Word, far: Columns, library: Catalog) -> Columns:
    """The linked columns that may be the row's own, stored apart: not those of another thing that the library knows.

    What happened at a time is told by its own row alone: the total of a customer is not that of an order.
    """
    if library.tables[word.table].at_path is not None:
        return {}
    other = {
        link.name
        for link in table.links.values()
        if any(_calls(link.table, known, tier) for known in library.tables for tier in range(3))
    }
    return {path: column for path, column in far.items() if path[0] not in other}


def _best(columns: Columns, word: Word) -> list[str]:
    """The columns that are called most like a word of the library."""
    tiers = [[".".join(path) for path, each in columns.items() if _calls(each.name, word.text, n)] for n in range(3)]
    tiers.insert(1, [".".join(path) for path, each in columns.items() if _is_stored_as(each, word.text)])
    return next((paths for paths in tiers if paths), [])


def _is_stored_as(column: Column, word: str) -> bool:
    return column.formula is None and any(_calls(column.stored_as, word, tier) for tier in (0, 1))


def _said_column(word: Word, name: str, table: Table, own: Catalog, type_: Type) -> str:
    """What a person has said that a column is: one of the table, or one that its links lead to."""
    *path, last = name.removeprefix(f"{table.name}.").split(".")
    here = table
    for link in path:
        if link not in here.links:
            raise BadRequest(f"`{here.name}` has no link `{link}`", f"`--map {word.text}=` names a column, or its path")
        here = own.tables[here.links[link].table]
    if last not in here.columns:
        help = did_you_mean(last, here.columns, f"it has {listed(here.columns)}")
        raise BadRequest(f"table `{here.name}` has no column `{last}`", help)
    if not _is_alike(type_, here.columns[last].type):
        there = described(here.columns[last].type)
        raise BadRequest(
            f"`{word.text}` is {described(type_)}, and `{here.name}.{last}` is {there}", "name another one"
        )
    return ".".join((*path, last))


def _is_alike(one: Type, other: Type) -> bool:
    kinds = ((Number,), (Text,), (Boolean,), (TextList,), (Point,), (Date, Timestamp))
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in kinds)


def _map_link(word: Word, library: Catalog, own: Catalog, said: Mapping[str, str], found: Mapped) -> None:
    table = own.tables[found.names[Word(word.table)]]
    target = found.table(library.tables[word.table].links[word.name].table)
    if word.text in said:
        if said[word.text] not in table.links:
            help = did_you_mean(said[word.text], table.links, f"it has {listed(table.links)}" if table.links else "")
            raise BadRequest(f"`{table.name}` has no link `{said[word.text]}`", help)
        found.names[word] = said[word.text]
        return
    links = [link.name for link in table.links.values() if link.table == target]
    if len(links) == 1:
        found.names[word] = links[0]
    elif target is not None:
        found.questions.append(Question(word, _described(word, library), tuple(links)))


def _map_value(word: Word, library: Catalog, own: Catalog, said: Mapping[str, str], found: Mapped) -> None:
    """A value of a closed list as the other list has it; a value of an open column stays as it is."""
    if word.text in said:
        found.names[word] = said[word.text]
        return
    column = Word(word.table, word.name)
    table = own.tables[found.names[Word(word.table)]]
    if column not in found.names:
        _map_column(column, library, own, said, found)
    if column not in found.names or word.name not in library.tables[word.table].columns:
        return
    *path, last = found.names[column].split(".")
    type_ = own.target(table.name, tuple(path)).columns[last].type
    values = type_.values if isinstance(type_, Text) else ()
    alike = [value for value in values if _plain(value) == _plain(word.value)]
    if word.value in values:
        found.names[word] = word.value
    elif len(alike) == 1:
        found.names[word] = alike[0]
    elif values:
        about = f"the value of `{table.name}.{found.names[column]}` that stands for `{word.value}`"
        found.questions.append(Question(word, about, values))
    elif (declared := library.tables[word.table].columns[word.name].type) and isinstance(declared, Text):
        found.names[word] = word.value
        if declared.values:
            where = f"`{table.name}.{found.names[column]}`"
            found.assumed[word] = f"{where} says `{word.value}`: it has no list of values that would tell"


def _described(word: Word, library: Catalog) -> str:
    """What to look for."""
    table = library.tables[word.table]
    if not word.name:
        links = [link.table for link in table.links.values()]
        to = f", linked to {listed(links)}" if links else ""
        return f"the table of {plurals(word.table)[0].replace('_', ' ')}, a row for each{to}"
    if word.name in table.links:
        return f"the link from the {word.table.replace('_', ' ')} to its {table.links[word.name].table}"
    if word.name == "at":
        return f"when the {word.table.replace('_', ' ')} was"
    type_ = described(table.columns[word.name].type)
    return f"the {word.name.replace('_', ' ')} of each {word.table.replace('_', ' ')}, {type_}"


def _each_once(questions: Iterable[Question]) -> Iterator[Question]:
    """Each question once, those about tables first: a table that is not known leaves its columns open."""
    seen: set[Word] = set()
    for question in sorted(questions, key=lambda each: (each.word.name != "", each.word)):
        if question.word not in seen:
            seen.add(question.word)
            yield question


# --- texts --------------------------------------------------------------------------------------------


def edits_of(uses: Iterable[Use], found: Mapped, written: Callable[[str, Word], str]) -> dict[tuple[int, int], str]:
    """What is to stand in each place that says a word."""
    return {
        (use.span.start, use.span.end): written(found.names[use.word], use.word)
        for use in uses
        if use.span is not None and found.names.get(use.word)
    }


def edited(text: str, start: int, end: int, edits: Mapping[tuple[int, int], str]) -> str:
    """A part of a text with something else in some places."""
    parts, at = [], start
    for (first, last), new in sorted(edits.items()):
        parts += [text[at:first], new]
        at = last
    return "".join((*parts, text[at:end]))
