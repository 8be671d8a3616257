"""The small changes that a test must notice: one at a time, of one module's syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLS = {"min": "max", "max": "min", "round": "int", "any": "all", "all": "any"}
ATTRIBUTES = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "minimum": "maximum", "maximum": "minimum"}
ROUNDINGS = {"ROUND_HALF_EVEN": "ROUND_HALF_UP", "ROUND_FLOOR": "ROUND_CEILING"}


@dataclass(frozen=True)
class Mutation:
    """One change: `name` says where and what, and is the key of the list of equivalents."""

    index: int
    line: int
    name: str


@dataclass
class _Mutator(ast.NodeTransformer):
    """Walks a tree and counts the changes that are possible; makes the one whose number is `target`."""

    target: int = -1
    places: list[str] = field(default_factory=list)
    changes: list[tuple[int, str]] = field(default_factory=list)

    def offer(self, node: ast.AST, variants: list[ast.expr]) -> ast.AST:
        """The node, or the variant whose turn it is."""
        chosen = node
        for variant in variants:
            if len(self.changes) == self.target:
                chosen = ast.copy_location(variant, node)
            where = ".".join(self.places) or "module"
            text = f"{where}: {ast.unparse(node)} -> {ast.unparse(ast.fix_missing_locations(variant))}"
            self.changes.append((getattr(node, "lineno", 0), text))
        return chosen

    def nested(self, name: str, node: ast.AST) -> None:
        """Visits what lies inside of a named thing."""
        self.places.append(name)
        self.generic_visit(node)
        self.places.pop()

    def undecorated(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        """Visits all but the decorators: that a class is frozen is no rule of a guardrail."""
        decorators, node.decorator_list = node.decorator_list, []
        self.nested(node.name, node)
        node.decorator_list = decorators

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Parameters, annotations and decorators stay; defaults and the body change."""
        node.body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        node.body, node.returns = node.body or [ast.Pass()], None
        self.undecorated(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """As of a function."""
        node.body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        node.body = node.body or [ast.Pass()]
        self.undecorated(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter has nothing to change."""
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A text that stands alone is documentation."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """What an error says is no rule."""
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """The value changes, never the annotation."""
        self.places.append(ast.unparse(node.target))
        node.value = self.visit(node.value) if node.value is not None else None
        self.places.pop()
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """A constant is named by its target."""
        if self.places:
            return self.generic_visit(node)
        self.places.append(ast.unparse(node.targets[0]))
        node.value = self.visit(node.value)
        self.places.pop()
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """The parts of a Literal or another type are annotations."""
        if isinstance(node.value, ast.Name) and node.value.id in {"Literal", "NDArray", "tuple", "dict", "list"}:
            return node
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Each comparison of a chain becomes its neighbours."""
        variants: list[ast.expr] = []
        for place, operator in enumerate(node.ops):
            for other in COMPARISONS.get(type(operator), ()):
                operators = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                variants.append(ast.Compare(node.left, operators, node.comparators))
        changed = self.offer(node, variants)
        return self.generic_visit(changed)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """And becomes or."""
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return self.generic_visit(self.offer(node, [ast.BoolOp(other, node.values)]))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Each operator becomes its opposite."""
        other = OPERATORS.get(type(node.op))
        variants: list[ast.expr] = [] if other is None else [ast.BinOp(node.left, other(), node.right)]
        return self.generic_visit(self.offer(node, variants))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """A negation or a sign disappears."""
        return self.generic_visit(self.offer(node, [node.operand]))

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """The branches change places."""
        return self.generic_visit(self.offer(node, [ast.IfExp(node.test, node.orelse, node.body)]))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """min becomes max, round becomes int."""
        variants: list[ast.expr] = []
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            variants = [ast.Call(ast.Name(CALLS[node.func.id], ast.Load()), node.args, node.keywords)]
        return self.generic_visit(self.offer(node, variants))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """operator.lt becomes operator.le."""
        variants: list[ast.expr] = []
        if isinstance(node.value, ast.Name) and node.value.id in {"operator", "np"} and node.attr in ATTRIBUTES:
            variants = [ast.Attribute(node.value, ATTRIBUTES[node.attr], ast.Load())]
        return self.generic_visit(self.offer(node, variants))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A way of rounding becomes another; the constants of `decimal` are texts."""
        return self.offer(node, [ast.Constant(ROUNDINGS[node.id])] if node.id in ROUNDINGS else [])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """A text with values in it is a message."""
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A number moves by one in its last place, a text and a truth value change."""
        return self.offer(node, [ast.Constant(value) for value in _neighbours(node.value)])


def _neighbours(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
            yield value - 1
        case float():
            yield float(_last_place_up(Decimal(repr(value))))
        case str():
            try:
                yield str(_last_place_up(Decimal(value)))
            except InvalidOperation:
                yield value + "_"


def _last_place_up(value: Decimal) -> Decimal:
    return value + Decimal(1).scaleb(int(value.as_tuple().exponent))


def mutations_of(source: str) -> list[Mutation]:
    """Every change of a module; equal changes at one place are numbered."""
    mutator = _Mutator()
    mutator.visit(ast.parse(source))
    seen: dict[str, int] = {}
    mutations = []
    for index, (line, text) in enumerate(mutator.changes):
        seen[text] = seen.get(text, 0) + 1
        mutations.append(Mutation(index, line, text if seen[text] == 1 else f"{text} #{seen[text]}"))
    return mutations


def mutated(source: str, index: int) -> ast.Module:
    """The module's tree with the change of that number."""
    tree = _Mutator(target=index).visit(ast.parse(source))
    module: ast.Module = ast.fix_missing_locations(tree)
    return module
