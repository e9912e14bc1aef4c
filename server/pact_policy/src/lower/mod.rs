//! From Rhai's syntax tree to the small language of [`crate::ir`]: the only module that knows Rhai's internals.
//!
//! Both of Rhai's node types are `#[non_exhaustive]` and documented as volatile: every node that is not known here becomes
//! [`Kind::Opaque`], and what is opaque is refused.

#[cfg(test)]
mod golden;

use std::collections::HashSet;

use rhai::{AST, ASTFlags, ASTNode, BinaryExpr, Engine, Expr, FnCallExpr, FnPtr, Module, Position, Stmt, StmtBlock};

use crate::ir::{Call, For, Func, Kind, Lit, Node, Pos, Program, ShortOp, Switch, Sym};

/// Why a script cannot be parsed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseFailure {
    pub(crate) pos: Pos,
    pub(crate) message: String,
}

/// Parses a script with the given engine and lowers it.
pub(crate) fn parse(engine: &Engine, text: &str) -> Result<Program, ParseFailure> {
    let ast = engine
        .compile(text)
        .map_err(|error| ParseFailure { pos: pos_of(error.position()), message: error.err_type().to_string() })?;
    let mut lowering = Lowering::default();
    let mut program = Program { top: ast.statements().iter().map(|stmt| lowering.stmt(stmt)).collect(), ..Program::default() };
    for (.., function) in ast.shared_lib().iter_script_fn_info() {
        // The type of a body has no public name: an AST of this function alone is walked instead.
        let mut alone = Module::new();
        alone.set_script_fn(function.clone());
        let mut body = Vec::new();
        AST::new(Vec::new(), alone).walk(&mut |path| {
            if let [ASTNode::Stmt(stmt)] = path {
                body.push(lowering.stmt(stmt));
            }
            true
        });
        let pos = pos_of(function.body.start_position());
        let kind = if function.this_type.is_some() { Kind::Opaque("a method defined for a type") } else { Kind::Block(body) };
        let name = lowering.sym(&function.name);
        let params = function.params.iter().map(|param| lowering.sym(param)).collect();
        program.functions.push(Func { name, params, body: Node::new(pos, kind), pos });
    }
    program.functions.sort_by(|a, b| (a.pos, &a.name).cmp(&(b.pos, &b.name)));
    for (index, function) in program.functions.iter().enumerate() {
        program.by_name.entry(function.name.clone()).or_default().push(index);
    }
    Ok(program)
}

fn pos_of(position: Position) -> Pos {
    let small = |n: Option<usize>| n.and_then(|n| u16::try_from(n).ok()).unwrap_or(0);
    Pos { line: small(position.line()), column: small(position.position()) }
}

#[derive(Default)]
struct Lowering {
    names: HashSet<Sym>,
}

impl Lowering {
    fn sym(&mut self, name: &str) -> Sym {
        if let Some(sym) = self.names.get(name) {
            return sym.clone();
        }
        let sym = Sym::from(name);
        self.names.insert(sym.clone());
        sym
    }

    fn block(&mut self, block: &StmtBlock) -> Node {
        let nodes = block.iter().map(|stmt| self.stmt(stmt)).collect();
        Node::new(pos_of(block.position()), Kind::Block(nodes))
    }

    fn boxed(&mut self, expr: &Expr) -> Box<Node> {
        Box::new(self.expr(expr))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Node {
        let pos = pos_of(stmt.position());
        let kind = match stmt {
            Stmt::Noop(_) => Kind::Lit(Lit::Unit),
            Stmt::If(flow, _) => {
                let condition = self.boxed(&flow.expr);
                let yes = Box::new(self.block(&flow.body));
                let no = Box::new(self.block(&flow.branch));
                Kind::If(condition, yes, no)
            }
            Stmt::Switch(switch, _) => {
                let (on, cases) = &**switch;
                let default = cases.def_case;
                let on = self.expr(on);
                let lowered = cases
                    .expressions
                    .iter()
                    .map(|BinaryExpr { lhs, rhs }| {
                        let always = matches!(lhs, Expr::BoolConstant(true, _) | Expr::Unit(_));
                        ((!always).then(|| self.expr(lhs)), self.expr(rhs))
                    })
                    .collect();
                Kind::Switch(Box::new(Switch { on, cases: lowered, has_default: default.is_some() }))
            }
            Stmt::While(flow, _) => {
                let condition = match &flow.expr {
                    Expr::Unit(_) => Box::new(Node::new(pos, Kind::Lit(Lit::Bool(true)))),
                    condition => self.boxed(condition),
                };
                Kind::While(condition, Box::new(self.block(&flow.body)))
            }
            Stmt::Do(flow, ..) => Kind::Do(Box::new(self.block(&flow.body)), self.boxed(&flow.expr)),
            Stmt::For(it, _) => {
                let (var, counter, flow) = &**it;
                Kind::For(Box::new(For {
                    var: self.sym(var.as_str()),
                    counter: counter.as_ref().map(|ident| self.sym(ident.as_str())),
                    over: self.expr(&flow.expr),
                    body: self.block(&flow.body),
                }))
            }
            Stmt::Var(it, ..) => Kind::Let(self.sym(it.0.as_str()), self.boxed(&it.1)),
            Stmt::Assignment(it) => {
                let (operator, BinaryExpr { lhs, rhs }) = &**it;
                let op = operator.get_op_assignment_info().map(|(.., base)| self.sym(base));
                Kind::Assign(self.boxed(lhs), op, self.boxed(rhs))
            }
            Stmt::FnCall(call, _) => return self.call(call, pos, None),
            Stmt::Block(block) => return self.block(block),
            Stmt::TryCatch(flow, _) => {
                let body = Box::new(self.block(&flow.body));
                let var = match &flow.expr {
                    Expr::Variable(it, ..) => Some(self.sym(&it.1)),
                    _ => None,
                };
                Kind::Try(body, var, Box::new(self.block(&flow.branch)))
            }
            Stmt::Expr(expr) => return self.expr(expr),
            Stmt::BreakLoop(value, flags, _) => {
                let value = value.as_ref().map(|value| self.boxed(value));
                if flags.contains(ASTFlags::BREAK) { Kind::Break(value) } else { Kind::Continue }
            }
            Stmt::Return(value, flags, _) => {
                let value = value.as_ref().map(|value| self.boxed(value));
                if flags.contains(ASTFlags::BREAK) { Kind::Throw(value) } else { Kind::Return(value) }
            }
            Stmt::Import(it, _) => Kind::Import(self.boxed(&it.0), self.sym(it.1.as_str())),
            Stmt::Export(..) => Kind::Lit(Lit::Unit),
            Stmt::Share(_) => Kind::Lit(Lit::Unit),
            _ => Kind::Opaque("a statement that the linter does not know"),
        };
        Node::new(pos, kind)
    }

    fn expr(&mut self, expr: &Expr) -> Node {
        let pos = pos_of(expr.start_position());
        let kind = match expr {
            Expr::Unit(_) => Kind::Lit(Lit::Unit),
            Expr::BoolConstant(it, _) => Kind::Lit(Lit::Bool(*it)),
            Expr::IntegerConstant(it, _) => Kind::Lit(Lit::Int(*it)),
            Expr::CharConstant(it, _) => Kind::Lit(Lit::Text(self.sym(&it.to_string()))),
            Expr::StringConstant(it, _) => Kind::Lit(Lit::Text(self.sym(it))),
            Expr::FloatConstant(..) => Kind::Lit(Lit::Other),
            Expr::DynamicConstant(value, _) => match value.clone().try_cast::<FnPtr>() {
                Some(pointer) => Kind::Closure(self.sym(pointer.fn_name()), Vec::new()),
                None if value.is_decimal() => Kind::Lit(Lit::Other),
                None => Kind::Opaque("a constant that the linter does not know"),
            },
            Expr::InterpolatedString(parts, _) => Kind::Interp(parts.iter().map(|part| self.expr(part)).collect()),
            Expr::Array(items, _) => Kind::Array(items.iter().map(|item| self.expr(item)).collect()),
            Expr::Map(map, _) => Kind::Map(map.0.iter().map(|(key, value)| (self.sym(key.as_str()), self.expr(value))).collect()),
            Expr::Variable(it, ..) if it.2.is_empty() => Kind::Var(self.sym(&it.1)),
            Expr::Variable(it, ..) if it.2.path.len() == 1 && it.2.root() == "global" => Kind::Global(self.sym(&it.1)),
            Expr::Variable(..) => Kind::Opaque("a variable of a module"),
            Expr::ThisPtr(_) => Kind::This,
            Expr::Stmt(block) => return self.statement_expression(block, pos),
            Expr::FnCall(call, _) => return self.call(call, pos, None),
            Expr::Dot(it, flags, _) => {
                let base = self.expr(&it.lhs);
                return self.chain(base, false, *flags, &it.rhs);
            }
            Expr::Index(it, flags, _) => {
                let base = self.expr(&it.lhs);
                return self.chain(base, true, *flags, &it.rhs);
            }
            Expr::And(it, _) => Kind::Short(ShortOp::And, it.iter().map(|part| self.expr(part)).collect()),
            Expr::Or(it, _) => Kind::Short(ShortOp::Or, it.iter().map(|part| self.expr(part)).collect()),
            Expr::Coalesce(it, _) => Kind::Short(ShortOp::Coalesce, it.iter().map(|part| self.expr(part)).collect()),
            Expr::Property(..) | Expr::MethodCall(..) => Kind::Opaque("a member without a value before it"),
            _ => Kind::Opaque("an expression that the linter does not know"),
        };
        Node::new(pos, kind)
    }

    /// A block used as an expression: a closure that captures is one that shares variables, then curries a function.
    fn statement_expression(&mut self, block: &StmtBlock, pos: Pos) -> Node {
        if let [Stmt::Share(_), Stmt::Expr(expr)] = block.statements()
            && let Expr::FnCall(call, at) = &**expr
            && call.name == "curry"
            && let Some(Expr::DynamicConstant(value, _)) = call.args.first()
            && let Some(pointer) = value.clone().try_cast::<FnPtr>()
        {
            let captures = call.args.iter().skip(1).filter_map(|arg| match arg {
                Expr::Variable(it, ..) => Some(self.sym(&it.1)),
                _ => None,
            });
            let captures: Vec<_> = captures.collect();
            return Node::new(pos_of(*at), Kind::Closure(self.sym(pointer.fn_name()), captures));
        }
        let mut node = self.block(block);
        if node.pos.line == 0 {
            node.pos = pos;
        }
        node
    }

    /// Applies what follows a value in a chain such as `a.b[c].d(e)`.
    fn chain(&mut self, base: Node, index: bool, flags: ASTFlags, rest: &Expr) -> Node {
        let base = if flags.contains(ASTFlags::NEGATED) {
            let pos = base.pos;
            Node::new(pos, Kind::Elvis(Box::new(base)))
        } else {
            base
        };
        if !flags.contains(ASTFlags::BREAK) {
            match rest {
                Expr::Dot(it, next, _) => {
                    let base = self.link(base, index, &it.lhs);
                    return self.chain(base, false, *next, &it.rhs);
                }
                Expr::Index(it, next, _) => {
                    let base = self.link(base, index, &it.lhs);
                    return self.chain(base, true, *next, &it.rhs);
                }
                _ => {}
            }
        }
        self.link(base, index, rest)
    }

    fn link(&mut self, base: Node, index: bool, item: &Expr) -> Node {
        if index {
            let pos = base.pos;
            return Node::new(pos, Kind::Index(Box::new(base), self.boxed(item)));
        }
        match item {
            Expr::Property(it, at) => {
                let name = self.sym(&it.2);
                Node::new(pos_of(*at), Kind::Member(Box::new(base), name))
            }
            Expr::MethodCall(call, at) | Expr::FnCall(call, at) => self.call(call, pos_of(*at), Some(base)),
            other => {
                let pos = pos_of(other.start_position());
                Node::new(pos, Kind::Opaque("a member that the linter does not know"))
            }
        }
    }

    fn call(&mut self, call: &FnCallExpr, pos: Pos, receiver: Option<Node>) -> Node {
        if call.capture_parent_scope {
            return Node::new(pos, Kind::Opaque("a call that hands over all variables (`f!()`)"));
        }
        let method = receiver.is_some();
        let mut args: Vec<Node> = receiver.into_iter().collect();
        args.extend(call.args.iter().map(|arg| self.expr(arg)));
        let module = match call.namespace.path.len() {
            0 => None,
            1 => Some(self.sym(call.namespace.root())),
            _ => return Node::new(pos, Kind::Opaque("a call into a module inside a module")),
        };
        let name = self.sym(&call.name);
        let operator = call.is_operator_call();
        Node::new(pos, Kind::Call(Box::new(Call { name, args, method, operator, module })))
    }
}
