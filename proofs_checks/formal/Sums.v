(* Finite sums of real numbers over lists.

   A finite type is the list of its elements, so that a sum over responses, prompts or policies is [sum l f],
   the sum of [f a] over the elements [a] of [l], in their order. Nothing is assumed of the type. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
Open Scope R_scope.

Fixpoint sum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with
  | [] => 0
  | a :: rest => f a + sum rest f
  end.

Section Sums.
Context {A : Type}.
Implicit Types (l : list A) (f g : A -> R) (c : R).

Lemma sum_ext l f g : (forall a, In a l -> f a = g a) -> sum l f = sum l g.
Proof.
  induction l as [|b l IH]; intros same; simpl; [reflexivity|].
  rewrite (same b), IH; [reflexivity| |left; reflexivity].
  intros a there; apply same; right; exact there.
Qed.

Lemma sum_plus l f g : sum l (fun a => f a + g a) = sum l f + sum l g.
Proof. induction l as [|b l IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma sum_minus l f g : sum l (fun a => f a - g a) = sum l f - sum l g.
Proof. induction l as [|b l IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma sum_scale l c f : sum l (fun a => c * f a) = c * sum l f.
Proof. induction l as [|b l IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma sum_scale_right l c f : sum l (fun a => f a * c) = sum l f * c.
Proof. induction l as [|b l IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma sum_zero l : sum l (fun _ => 0) = 0.
Proof. induction l as [|b l IH]; simpl; [reflexivity|rewrite IH; ring]. Qed.

Lemma sum_app l l' f : sum (l ++ l') f = sum l f + sum l' f.
Proof. induction l as [|b l IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma sum_le l f g : (forall a, In a l -> f a <= g a) -> sum l f <= sum l g.
Proof.
  induction l as [|b l IH]; intros below; simpl; [lra|].
  assert (f b <= g b) by (apply below; left; reflexivity).
  assert (sum l f <= sum l g) by (apply IH; intros a there; apply below; right; exact there).
  lra.
Qed.

Lemma sum_nonneg l f : (forall a, In a l -> 0 <= f a) -> 0 <= sum l f.
Proof. intros each; rewrite <- (sum_zero l); apply sum_le; exact each. Qed.

Lemma sum_term_le l f b : (forall a, In a l -> 0 <= f a) -> In b l -> f b <= sum l f.
Proof.
  induction l as [|a l IH]; intros each there; simpl; [destruct there|].
  assert (0 <= f a) by (apply each; left; reflexivity).
  assert (tail : forall x, In x l -> 0 <= f x) by (intros x ?; apply each; right; assumption).
  destruct there as [->|there].
  - assert (0 <= sum l f) by (apply sum_nonneg; exact tail). lra.
  - assert (f b <= sum l f) by (apply IH; assumption). lra.
Qed.

Lemma sum_lt l f g b :
  (forall a, In a l -> f a <= g a) -> In b l -> f b < g b -> sum l f < sum l g.
Proof.
  intros below there strict.
  assert (gap : g b - f b <= sum l (fun a => g a - f a)).
  { apply (sum_term_le l (fun a => g a - f a)); [|exact there]. intros a ia; specialize (below a ia); lra. }
  rewrite sum_minus in gap; lra.
Qed.

Lemma sum_pos l f b : (forall a, In a l -> 0 <= f a) -> In b l -> 0 < f b -> 0 < sum l f.
Proof. intros each there strict. pose proof (sum_term_le l f b each there). lra. Qed.

(* Terms that are not negative and sum to zero are zero. *)
Lemma sum_zero_each l f :
  (forall a, In a l -> 0 <= f a) -> sum l f = 0 -> forall b, In b l -> f b = 0.
Proof.
  intros each total b there.
  pose proof (sum_term_le l f b each there). pose proof (each b there). lra.
Qed.

(* A positive sum has a positive term. *)
Lemma sum_pos_inv l f : 0 < sum l f -> exists a, In a l /\ 0 < f a.
Proof.
  induction l as [|b l IH]; simpl; intros positive; [lra|].
  destruct (Rlt_le_dec 0 (f b)) as [here|not].
  - exists b; split; [left; reflexivity|exact here].
  - destruct IH as [a [there p]]; [lra|]. exists a; split; [right; exact there|exact p].
Qed.

End Sums.

Lemma sum_swap {A B : Type} (l : list A) (m : list B) (f : A -> B -> R) :
  sum l (fun a => sum m (f a)) = sum m (fun b => sum l (fun a => f a b)).
Proof.
  induction l as [|a l IH]; simpl; [symmetry; apply sum_zero|].
  rewrite IH, <- sum_plus; reflexivity.
Qed.

Lemma sum_map {A B : Type} (h : A -> B) (l : list A) (f : B -> R) :
  sum (map h l) f = sum l (fun a => f (h a)).
Proof. induction l as [|a l IH]; simpl; [reflexivity|rewrite IH; reflexivity]. Qed.

Lemma sum_flat_map {A B : Type} (h : A -> list B) (l : list A) (f : B -> R) :
  sum (flat_map h l) f = sum l (fun a => sum (h a) f).
Proof. induction l as [|a l IH]; simpl; [reflexivity|rewrite sum_app, IH; reflexivity]. Qed.

(* Functions on numbers below some size, given by the list of their values; zero beyond. *)
Definition table (values : list R) (i : nat) : R := nth i values 0.
Definition table2 (rows : list (list R)) (i : nat) : nat -> R := table (nth i rows []).
